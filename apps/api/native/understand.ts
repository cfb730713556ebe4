import { randomInt } from 'node:crypto';
import { Refused } from '#apps/api/errors/refused';
import type { CreateGeneration, GenerationMatch, ListGenerationsQuery } from '#contracts/native/generations';
import { MAX_SEED } from '#core/generations/limits';
import type { SubmitRequest } from '#features/generations/generations.service';
import { type GenerationFilter, type Matching, parseCursor } from '#features/generations/list-page';
import type { Media } from '#features/understanding/media.service';
import { understandNative } from '#features/understanding/native.service';

/** A native request in Halogen's words. @throws Refused, Misunderstood */
export async function understandCreate(body: CreateGeneration, media: Media, now = new Date()): Promise<SubmitRequest> {
  const { seed, labels = {} } = body;
  return {
    surface: 'native',
    ...(await understandNative(body, media)),
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

/** @throws Refused for a cursor or a label that is none */
export function understandList({ limit, cursor, ...match }: ListGenerationsQuery): GenerationFilter {
  const parsed = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && !parsed) throw new Refused('invalid_cursor', 'cursor is none that a page has answered');
  return { limit, cursor: parsed, ...understandMatch(match) };
}

export function understandMatch({ state, model, tier, project, label, createdAfter, createdBefore }: GenerationMatch): Matching {
  return {
    ...{ state, model, tier, projectId: project },
    labels: Object.fromEntries([label ?? []].flat().map(labelOf)),
    createdAfter: createdAfter === undefined ? undefined : new Date(createdAfter),
    createdBefore: createdBefore === undefined ? undefined : new Date(createdBefore),
  };
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf(':');
  if (at < 1) throw new Refused('invalid_label', 'label is written key:value');
  return [text.slice(0, at), text.slice(at + 1)];
}

function timeAhead(field: string, text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  const at = new Date(text);
  if (at <= now) throw new Refused('deadline_passed', `${field} has passed already`);
  return at;
}
