import { randomInt } from 'node:crypto';
import { Refused } from '#apps/api/errors/refused';
import { type Media, type Understood, understandRecipe } from '#apps/api/native/understand-recipe';
import type { CreateGeneration, ListGenerationsQuery } from '#contracts/native/generations';
import { MODELS } from '#core/catalog/models';
import { MAX_SEED } from '#core/generations/limits';
import type { SubmitRequest } from '#features/generations/generations.service';
import { type GenerationFilter, parseCursor } from '#features/generations/list-page';

/** A native request in Halogen's words. @throws Refused */
export async function understandCreate(body: CreateGeneration, media: Media, now = new Date()): Promise<SubmitRequest> {
  const { seed, labels = {} } = body;
  return {
    surface: 'native',
    ...(isPlain(body) ? understandPlain(body) : await understandRecipe(body, media)),
    seed: seed ?? randomInt(MAX_SEED + 1),
    callbackUrl: null,
    echo: body,
    wishes: {
      ...(body.serviceTier && { serviceTier: body.serviceTier }),
      priority: body.priority ?? 0,
      startBy: timeAhead('startBy', body.startBy, now),
      completeBy: timeAhead('completeBy', body.completeBy, now),
      labels,
    },
  };
}

/** Whether it asks for nothing but a new picture or clip from its prompt. */
function isPlain(body: CreateGeneration): boolean {
  return RECIPE_FIELDS.every((field) => body[field] === undefined);
}

function understandPlain({ model, prompt, aspectRatio, resolution, duration, format }: CreateGeneration): Understood {
  if (model === undefined || prompt === undefined) {
    const field = model === undefined ? 'model' : 'prompt';
    throw new Refused('invalid_fields', `${field}: is required`, [
      { type: 'missing', loc: ['body', field], msg: 'is required', input: '' },
    ]);
  }
  // An unknown model is refused by the catalogue, which then names all there are of this kind.
  const kind = Object.hasOwn(MODELS, model) ? (MODELS[model]?.kind ?? 'video') : 'video';
  return { output: { kind, model, aspectRatio, resolution, duration, format }, prompt };
}

const RECIPE_FIELDS = [
  'operation',
  'source',
  'loop',
  'keyframes',
  'concepts',
  'references',
  'mode',
  'firstFrame',
  'placement',
  'negativePrompt',
] as const satisfies (keyof CreateGeneration)[];

/** @throws Refused for a cursor or a label that is none */
export function understandList({
  limit,
  cursor,
  state,
  model,
  tier,
  project,
  label,
  createdAfter,
  createdBefore,
}: ListGenerationsQuery): GenerationFilter {
  const parsed = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && !parsed) throw new Refused('invalid_cursor', 'cursor is none that a page has answered');
  return {
    limit,
    cursor: parsed,
    state,
    model,
    tier,
    projectId: project,
    labels: Object.fromEntries([label ?? []].flat().map(labelOf)),
    createdAfter: createdAfter === undefined ? undefined : new Date(createdAfter),
    createdBefore: createdBefore === undefined ? undefined : new Date(createdBefore),
  };
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf(':');
  if (at < 1 || text.includes('\0')) throw new Refused('invalid_label', 'label is written key:value');
  return [text.slice(0, at), text.slice(at + 1)];
}

function timeAhead(field: string, text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  const at = new Date(text);
  if (at <= now) throw new Refused('deadline_passed', `${field} has passed already`);
  return at;
}
