import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { BatchRow } from '#sdk/types.gen';

export type ReviewState = BatchRow['review'];

export const reviewStates: Record<ReviewState, { glyph: string; word: MessageDescriptor }> = {
  waiting: { glyph: '◇', word: msg`waiting for review` },
  approved: { glyph: '✓', word: msg`approved` },
  rejected: { glyph: '✕', word: msg`rejected` },
};
export const REVIEW_STATES = Object.keys(reviewStates) as ReviewState[];
