import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Batch } from '#sdk/types.gen';

type CampaignState = Batch['state'];

export const campaignStates: Record<CampaignState, { glyph: string; word: MessageDescriptor }> = {
  receiving: { glyph: '○', word: msg`receiving` },
  validating: { glyph: '◔', word: msg`checking` },
  running: { glyph: '◐', word: msg`running` },
  paused: { glyph: '▮', word: msg`paused` },
  completed: { glyph: '✓', word: msg`completed` },
  cancelled: { glyph: '⊘', word: msg`cancelled` },
  failed: { glyph: '✕', word: msg`failed` },
};

/** A campaign without a name is known by when it was made. */
export function nameOf({ name, createdAt }: Pick<Batch, 'name' | 'createdAt'>): string {
  return name ?? createdAt.slice(0, 16).replace('T', ' ');
}
