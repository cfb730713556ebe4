import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { Commitment } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';

const STATES: Record<Commitment['state'], { glyph: string; word: MessageDescriptor }> = {
  ordered: { glyph: '○', word: msg`ordered` },
  active: { glyph: '✓', word: msg`active` },
  renewed: { glyph: '◐', word: msg`renewed` },
  ended: { glyph: '▬', word: msg`ended` },
  cancelled: { glyph: '⊘', word: msg`cancelled` },
};

/** How far a contract for units is, to agencies and operators alike. */
export function CommitmentChip({ state }: { state: Commitment['state'] }) {
  const { t } = useLingui();
  const { glyph, word } = STATES[state];
  return <Chip glyph={glyph}>{t(word)}</Chip>;
}
