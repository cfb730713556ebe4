import { useLingui } from '@lingui/react/macro';
import { Chip } from '#web/parts/chip/state-chip';
import { type ReviewState, reviewStates } from '#web/parts/review/review-states';

export function ReviewChip({ state }: { state: ReviewState }) {
  const { t } = useLingui();
  const { glyph, word } = reviewStates[state];
  return <Chip glyph={glyph}>{t(word)}</Chip>;
}
