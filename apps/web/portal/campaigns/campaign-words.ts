import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Batch, BatchRow } from '#sdk/types.gen';

type CampaignState = Batch['state'];
export type ReviewState = BatchRow['review'];

export const campaignStates: Record<CampaignState, { glyph: string; word: MessageDescriptor }> = {
  receiving: { glyph: '○', word: msg`receiving` },
  validating: { glyph: '◔', word: msg`checking` },
  running: { glyph: '◐', word: msg`running` },
  paused: { glyph: '▮', word: msg`paused` },
  completed: { glyph: '✓', word: msg`completed` },
  cancelled: { glyph: '⊘', word: msg`cancelled` },
  failed: { glyph: '✕', word: msg`failed` },
};

export const reviewStates: Record<ReviewState, { glyph: string; word: MessageDescriptor }> = {
  waiting: { glyph: '◇', word: msg`waiting for review` },
  approved: { glyph: '✓', word: msg`approved` },
  rejected: { glyph: '✕', word: msg`rejected` },
};
export const REVIEW_STATES = Object.keys(reviewStates) as ReviewState[];

/** A campaign without a name is known by when it was made. */
export function nameOf({ name, createdAt }: Pick<Batch, 'name' | 'createdAt'>): string {
  return name ?? createdAt.slice(0, 16).replace('T', ' ');
}
