import { z } from 'zod';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import {
  MAX_LABEL_KEY_CHARACTERS,
  MAX_LABEL_VALUE_CHARACTERS,
  MAX_LABELS,
  MAX_PRIORITY,
  MAX_PROMPT_CHARACTERS,
  MAX_SEED,
  MIN_PRIORITY,
  MIN_PROMPT_CHARACTERS,
} from '#core/generations/limits';

const ROOT = '/api/v1/generations';

const LabelKey = z.string().regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,${MAX_LABEL_KEY_CHARACTERS - 1}}$`));
/** Text that Postgres can keep: no NUL, no lone surrogates. */
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be text without NUL and lone surrogates');
const Labels = z
  .record(LabelKey, Text.max(MAX_LABEL_VALUE_CHARACTERS))
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`);

/** What the catalogue decides is a plain string here: an unknown one is 400 with a sentence that names what is offered. */
export const CreateGeneration = z
  .strictObject({
    model: z.string().max(100),
    prompt: Text.min(MIN_PROMPT_CHARACTERS).max(MAX_PROMPT_CHARACTERS),
    aspect_ratio: z.string().max(20).optional(),
    resolution: z.string().max(20).optional(),
    duration: z.string().max(20).optional(),
    format: z.string().max(20).optional(),
    seed: z.int().min(0).max(MAX_SEED).optional().meta({ description: 'The same seed and request draw the same media. Random if absent.' }),
    service_tier: z.enum(SERVICE_TIERS).optional(),
    priority: z.int().min(MIN_PRIORITY).max(MAX_PRIORITY).optional().meta({ description: 'Among your own: higher goes first.' }),
    start_by: z.iso.datetime({ offset: true }).optional(),
    complete_by: z.iso.datetime({ offset: true }).optional(),
    labels: Labels.optional(),
  })
  .meta({ id: 'CreateGeneration' });
export type CreateGeneration = z.infer<typeof CreateGeneration>;

export const GENERATION_STATES = ['queued', 'admitted', 'running', 'completed', 'failed', 'cancelled'] as const;
const State = z.enum(GENERATION_STATES);
const Time = z.iso.datetime();
const Credits = z.string().meta({ description: 'Decimal string, exact to a millionth.' });
const Output = z.object({
  kind: z.enum(['image', 'video']),
  width_px: z.int(),
  height_px: z.int(),
  format: z.string(),
  duration_s: z.number().optional(),
  frames_per_second: z.number().optional(),
});

export const Generation = z
  .object({
    id: z.uuid(),
    model: z.string(),
    state: State,
    service_tier: z.enum(SERVICE_TIERS),
    served_from: z.enum(['own', 'lent', 'shared']).nullable().meta({ description: 'Whose lane it ran on; null until it is settled.' }),
    priority: z.int(),
    start_by: Time.nullable(),
    complete_by: Time.nullable(),
    labels: z.record(z.string(), z.string()),
    seed: z.int(),
    output: Output,
    request: z.record(z.string(), z.unknown()),
    cost: z.object({
      price_credits: Credits,
      reserved_credits: Credits.meta({ description: 'Held while it is not final.' }),
      settled_credits: Credits,
      released_credits: Credits,
      burn_lane_ms: z.int().meta({ description: 'Expected time on a lane.' }),
      rate_card_version: z.int(),
    }),
    stages: z.array(
      z.object({
        stage: z.string(),
        round: z.int(),
        state: z.enum(['done', 'current', 'waiting']),
        started_at: Time.nullable(),
        finished_at: Time.nullable(),
        attempt: z.int().nullable(),
      }),
    ),
    attempts: z.array(
      z.object({
        attempt: z.int(),
        served_from: z.enum(['own', 'lent', 'shared']),
        admitted_at: Time,
        began_at: Time.nullable(),
        ended_at: Time.nullable(),
        end_reason: z.enum(['settled', 'released', 'cancelled', 'taken_back', 'handed_back', 'recalled']).nullable(),
      }),
    ),
    assets: z.object({ image: z.url(), video: z.url().optional() }).nullable(),
    failure_reason: z.string().nullable(),
    created_at: Time,
    first_began_at: Time.nullable(),
    finished_at: Time.nullable(),
  })
  .meta({ id: 'Generation' });
export type Generation = z.infer<typeof Generation>;

export const Quote = z
  .object({
    model: z.string(),
    service_tier: z.enum(SERVICE_TIERS),
    output: Output,
    price_credits: Credits,
    burn_lane_ms: z.int(),
    stages: z.array(z.string()),
    rate_card_version: z.int(),
  })
  .meta({ id: 'Quote' });
export type Quote = z.infer<typeof Quote>;

const MAX_PAGE = 100;

/** `label` is `key:value` and may be given several times: all must match. */
export const ListGenerationsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(25),
  cursor: z.string().max(200).optional(),
  state: z.enum(GENERATION_STATES).optional(),
  model: z.string().max(100).optional(),
  label: z.union([z.string().max(400), z.array(z.string().max(400)).max(MAX_LABELS)]).optional(),
  created_after: z.iso.datetime({ offset: true }).optional(),
  created_before: z.iso.datetime({ offset: true }).optional(),
});
export type ListGenerationsQuery = z.infer<typeof ListGenerationsQuery>;

/** One thing that happened. `id` of the server-sent event is `sequence`. */
export const GenerationEvent = z
  .object({
    sequence: z.int(),
    type: z.enum(['queued', 'admitted', 'running', 'stage', 'requeued', 'completed', 'failed', 'cancelled']),
    generation_id: z.uuid(),
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
  summary: 'Generations of the tenant, newest first. A filtered page may hold fewer than `limit`: go on while there is a `next_cursor`.',
  query: ListGenerationsQuery,
  response: z.object({ generations: z.array(Generation), next_cursor: z.string().nullable() }),
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
} satisfies OperationContract;
