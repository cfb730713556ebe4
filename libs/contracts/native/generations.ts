import { z } from 'zod';
import { Assets, Count } from '#contracts/native/common';
import { eitherSpelling, fieldNames } from '#contracts/native/either-spelling';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import { MAX_INPUTS } from '#core/generations/fetch-limits';
import {
  MAX_CONCEPTS,
  MAX_INPUT_URL_CHARACTERS,
  MAX_LABEL_KEY_CHARACTERS,
  MAX_LABEL_VALUE_CHARACTERS,
  MAX_LABELS,
  MAX_PRIORITY,
  MAX_PROMPT_CHARACTERS,
  MAX_SEED,
  MIN_PRIORITY,
  MIN_PROMPT_CHARACTERS,
} from '#core/generations/limits';
import { MODIFY_MODES, OPERATIONS } from '#core/generations/recipe';
import { ERASURE_RULES } from '#core/retention/retention';
import { WAIT_CHANGES, WAIT_REASONS, type WaitChange } from '#core/scheduling/what-would-change';
import { isKeepable, KEEPABLE_TEXT } from '#core/text/keepable-text';

const ROOT = '/api/v1/generations';

const LabelKey = z.string().regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,${MAX_LABEL_KEY_CHARACTERS - 1}}$`));
/** Text that Postgres can keep: no NUL, no lone surrogates. */
const Text = z.string().refine(isKeepable, KEEPABLE_TEXT);
const Labels = z
  .record(LabelKey, Text.max(MAX_LABEL_VALUE_CHARACTERS))
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`);

/** What the catalogue decides is a plain string here: an unknown one is 400 with a sentence that names what is offered. */
const PlainFields = z.strictObject({
  model: z.string().max(100),
  prompt: Text.min(MIN_PROMPT_CHARACTERS).max(MAX_PROMPT_CHARACTERS),
  aspectRatio: z.string().max(20).optional(),
  resolution: z.string().max(20).optional(),
  duration: z.string().max(20).optional(),
  format: z.string().max(20).optional(),
  seed: z.int().min(0).max(MAX_SEED).optional().meta({ description: 'The same seed and request draw the same media. Random if absent.' }),
  serviceTier: z.enum(SERVICE_TIERS).optional(),
  priority: z.int().min(MIN_PRIORITY).max(MAX_PRIORITY).optional().meta({ description: 'Among your own: higher goes first.' }),
  startBy: z.iso.datetime({ offset: true }).optional(),
  completeBy: z.iso.datetime({ offset: true }).optional(),
  labels: Labels.optional(),
});

const MediaUrl = z.url({ protocol: /^https?$/ }).max(MAX_INPUT_URL_CHARACTERS);
const MediumGiven = z.union([z.strictObject({ url: MediaUrl }), z.strictObject({ generationId: z.uuid() })]).meta({
  description: 'A link, or a completed generation of your own: of a video its last frame at the beginning, its first at the end.',
});
export type MediumGiven = z.infer<typeof MediumGiven>;
const Reference = z.strictObject({ url: MediaUrl, weight: z.number().min(0).max(1).optional() });
const Pixels = z.int().min(-20_000).max(20_000).optional();
const SizePixels = z.int().min(1).max(20_000).optional();
const Placement = z
  .strictObject({
    ...{ gridPositionX: Pixels, gridPositionY: Pixels, resizedWidth: SizePixels, resizedHeight: SizePixels },
    ...{ xStart: Pixels, xEnd: Pixels, yStart: Pixels, yEnd: Pixels },
  })
  .meta({ description: 'In pixels: where the source stands in the result and how large, and which part of it is kept.' });

/** All that a request may say, alone or as a row of a batch. */
export const GenerationFields = PlainFields.extend({
  model: z.string().max(100).optional().meta({ description: 'Required but for `upscale` and `add_audio`, which keep their source’s.' }),
  prompt: Text.min(MIN_PROMPT_CHARACTERS)
    .max(MAX_PROMPT_CHARACTERS)
    .optional()
    .meta({ description: 'Required but where there is an image or a video to start from.' }),
  operation: z.enum(OPERATIONS).optional().meta({ description: '`create` if absent.' }),
  source: MediumGiven.optional().meta({ description: 'What is upscaled, given audio, reframed or modified.' }),
  loop: z.boolean().optional(),
  keyframes: z
    .strictObject({ first: MediumGiven.optional(), last: MediumGiven.optional() })
    .optional()
    .meta({ description: 'A generation as `first` is extended, as `last` extended backwards; both are interpolated.' }),
  concepts: z.array(z.string().max(100)).max(MAX_CONCEPTS).optional().meta({ description: 'Camera motions by key, as `dolly_zoom`.' }),
  references: z
    .strictObject({
      images: z.array(Reference).max(MAX_INPUTS).optional(),
      styles: z.array(Reference).max(MAX_INPUTS).optional(),
      characters: z
        .array(z.strictObject({ urls: z.array(MediaUrl).min(1).max(MAX_INPUTS) }))
        .max(MAX_INPUTS)
        .optional(),
      modify: Reference.optional(),
    })
    .optional(),
  mode: z.enum(MODIFY_MODES).optional().meta({ description: 'How far a modified video may leave its source.' }),
  firstFrame: z.strictObject({ url: MediaUrl }).optional(),
  placement: Placement.optional(),
  negativePrompt: Text.max(MAX_PROMPT_CHARACTERS).optional(),
}).meta({ id: 'CreateGeneration' });
export const GENERATION_FIELD_NAMES = fieldNames(GenerationFields);
export const CreateGeneration = eitherSpelling(GenerationFields);
export type CreateGeneration = z.infer<typeof CreateGeneration>;

export const GENERATION_STATES = ['queued', 'admitted', 'running', 'completed', 'failed', 'cancelled'] as const;
const State = z.enum(GENERATION_STATES);
const Time = z.iso.datetime();
const Credits = z.string().meta({ description: 'Decimal string, exact to a millionth.' });
const Output = z.object({
  kind: z.enum(['image', 'video']),
  widthPx: z.int(),
  heightPx: z.int(),
  format: z.string(),
  durationS: z.number().optional(),
  framesPerSecond: z.number().optional(),
});

export const Generation = z
  .object({
    id: z.uuid(),
    model: z.string(),
    state: State,
    serviceTier: z.enum(SERVICE_TIERS),
    servedFrom: z.enum(['own', 'lent', 'shared']).nullable().meta({ description: 'Whose lane it ran on; null until it is settled.' }),
    priority: z.int(),
    startBy: Time.nullable(),
    completeBy: Time.nullable(),
    labels: z.record(z.string(), z.string()),
    seed: z.int(),
    output: Output,
    request: z.record(z.string(), z.unknown()),
    cost: z.object({
      priceCredits: Credits,
      reservedCredits: Credits.meta({ description: 'Held while it is not final.' }),
      settledCredits: Credits,
      releasedCredits: Credits,
      burnLaneMs: z.int().meta({ description: 'Expected time on a lane.' }),
      rateCardVersion: z.int(),
    }),
    stages: z.array(
      z.object({
        stage: z.string(),
        round: z.int(),
        state: z.enum(['done', 'current', 'waiting']),
        startedAt: Time.nullable(),
        finishedAt: Time.nullable(),
        attempt: z.int().nullable(),
      }),
    ),
    attempts: z.array(
      z.object({
        attempt: z.int(),
        servedFrom: z.enum(['own', 'lent', 'shared']),
        admittedAt: Time,
        beganAt: Time.nullable(),
        endedAt: Time.nullable(),
        endReason: z.enum(['settled', 'released', 'cancelled', 'taken_back', 'handed_back', 'recalled']).nullable(),
      }),
    ),
    assets: Assets.nullable(),
    assetsExpireAt: Time.nullable().meta({ description: 'When its project keeps prompt and assets no longer; null if nothing says so.' }),
    deletion: z
      .object({ deletedAt: Time, rule: z.enum(ERASURE_RULES) })
      .nullable()
      .meta({
        description: 'Prompt, request and assets were deleted then, by that rule. Money, times and states stay; `/erasures` has the proof.',
      }),
    failureReason: z.string().nullable(),
    createdAt: Time,
    traceId: z.string().nullable().meta({ description: 'Of the one trace of all that was done for it.' }),
    firstBeganAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .meta({ id: 'Generation' });
export type Generation = z.infer<typeof Generation>;

export const Quote = z
  .object({
    model: z.string(),
    serviceTier: z.enum(SERVICE_TIERS),
    output: Output,
    priceCredits: Credits,
    burnLaneMs: z.int(),
    stages: z.array(z.string()),
    rateCardVersion: z.int(),
  })
  .meta({ id: 'Quote' });
export type Quote = z.infer<typeof Quote>;

const MAX_PAGE = 100;

/** `label` is `key:value` and may be given several times: all must match. */
export const GenerationMatch = z.object({
  state: z.enum(GENERATION_STATES).optional(),
  model: z.string().max(100).optional(),
  tier: z.enum(SERVICE_TIERS).optional(),
  project: z.uuid().optional(),
  label: z.union([z.string().max(400), z.array(z.string().max(400)).max(MAX_LABELS)]).optional(),
  createdAfter: z.iso.datetime({ offset: true }).optional(),
  createdBefore: z.iso.datetime({ offset: true }).optional(),
});
export type GenerationMatch = z.infer<typeof GenerationMatch>;

export const ListGenerationsQuery = eitherSpelling(
  GenerationMatch.extend({
    limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(25),
    cursor: z.string().max(200).optional(),
  }),
);
export type ListGenerationsQuery = z.infer<typeof ListGenerationsQuery>;

/** One thing that happened. `id` of the server-sent event is `sequence`. */
export const GenerationEvent = z
  .object({
    sequence: z.int(),
    type: z.enum(['queued', 'admitted', 'running', 'stage', 'requeued', 'completed', 'failed', 'cancelled']),
    generationId: z.uuid(),
    at: Time,
    stage: z.string().optional(),
    round: z.int().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'GenerationEvent' });
export type GenerationEvent = z.infer<typeof GenerationEvent>;

export const createGeneration = {
  id: 'createGeneration',
  method: 'POST',
  path: ROOT,
  status: 201,
  scope: 'generations:write',
  summary:
    'Ask for a generation. It is priced, reserved and queued at once. With `Prefer: wait=N` the answer waits up to N seconds for its end.',
  body: CreateGeneration,
  response: Generation,
} satisfies OperationContract;

export const quoteGeneration = {
  id: 'quoteGeneration',
  method: 'POST',
  path: `${ROOT}/quote`,
  status: 200,
  scope: 'generations:read',
  summary: 'What a generation would cost. Nothing is created or reserved.',
  body: CreateGeneration,
  response: Quote,
} satisfies OperationContract;

export const listGenerations = {
  id: 'listGenerations',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'generations:read',
  summary: 'Generations of the tenant, newest first. A filtered page may hold fewer than `limit`: go on while there is a `nextCursor`.',
  query: ListGenerationsQuery,
  response: z.object({
    generations: z.array(Generation),
    nextCursor: z.string().nullable(),
    lookedBackTo: Time.nullable().meta({
      description: 'Of a filtered page that ended before it was full: all that was created since has been looked through. Null otherwise.',
    }),
  }),
} satisfies OperationContract;

export const countGenerations = {
  id: 'countGenerations',
  method: 'GET',
  path: `${ROOT}/counts`,
  status: 200,
  scope: 'generations:read',
  summary: 'How many generations match, and how many of them are in each state. Counted among the newest 20,000; past these a lower bound.',
  query: eitherSpelling(GenerationMatch),
  response: z.object({ count: Count, byState: z.array(z.object({ state: z.enum(GENERATION_STATES), value: z.int() })) }),
} satisfies OperationContract;

export const getGeneration = {
  id: 'getGeneration',
  method: 'GET',
  path: `${ROOT}/:id`,
  status: 200,
  scope: 'generations:read',
  summary: 'One generation with its stages, attempts and cost. With `Prefer: wait=N` the answer waits up to N seconds for its end.',
  response: Generation,
} satisfies OperationContract;

export const cancelGeneration = {
  id: 'cancelGeneration',
  method: 'POST',
  path: `${ROOT}/:id/cancel`,
  status: 200,
  scope: 'generations:write',
  summary: 'Cancel an unfinished generation. What it held is released. Cancelling twice is the same as once.',
  response: Generation,
} satisfies OperationContract;

export const streamGeneration = {
  id: 'streamGeneration',
  method: 'GET',
  path: `${ROOT}/:id/events`,
  status: 200,
  scope: 'generations:read',
  summary: 'What happens to a generation, as server-sent events, until it ends. `Last-Event-ID` goes on after the last one seen.',
  mediaTypes: ['text/event-stream'],
} satisfies OperationContract;

export const GenerationWait = z
  .object({
    reason: z.enum(WAIT_REASONS),
    position: z.int().nullable().meta({ description: 'How many generations of the pool class are expected to start first, and one.' }),
    startP50: Time.nullable().meta({ description: 'Started by then with a chance of one half.' }),
    startP90: Time.nullable(),
    wouldChange: z
      .array(z.object({ change: z.enum(Object.keys(WAIT_CHANGES) as WaitChange[]), detail: z.string() }))
      .meta({ description: 'What would let it start sooner, the most helpful first.' }),
  })
  .meta({ id: 'GenerationWait' });
export type GenerationWait = z.infer<typeof GenerationWait>;

export const GenerationMeters = z
  .object({
    state: State,
    serviceTier: z.enum(SERVICE_TIERS),
    servedFrom: z.enum(['own', 'lent', 'shared']).nullable().meta({ description: 'Whose lane it runs or ran on last.' }),
    estimatedBurnLaneMs: z.int(),
    actualBurnLaneMs: z.int(),
    units: z.int().meta({ description: 'Units that the tenant is guaranteed in this pool class.' }),
    unitsInUse: z.int(),
    wait: GenerationWait.nullable().meta({
      description: 'While it is queued: why it waits, and when it will probably start. Null when the scheduler has not answered.',
    }),
  })
  .meta({ id: 'GenerationMeters' });
export type GenerationMeters = z.infer<typeof GenerationMeters>;

export const getGenerationMeters = {
  id: 'getGenerationMeters',
  method: 'GET',
  path: `${ROOT}/:id/meters`,
  status: 200,
  scope: 'generations:read',
  summary: 'What a generation uses and waits for. The same is in the `x-halogen-*` headers of a generation, also of Dream Machine’s.',
  response: GenerationMeters,
} satisfies OperationContract;

export const getGenerationWait = {
  id: 'getGenerationWait',
  method: 'GET',
  path: `${ROOT}/:id/wait`,
  status: 200,
  scope: 'generations:read',
  summary: 'Why a generation waits, until when it probably will, and what would change it: asked of the scheduler now.',
  response: z.object({
    state: State,
    wait: GenerationWait.nullable().meta({ description: 'Null when it is not queued, or when the scheduler has not answered.' }),
  }),
} satisfies OperationContract;
