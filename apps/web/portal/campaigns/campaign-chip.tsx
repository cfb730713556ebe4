import { useLingui } from '@lingui/react/macro';
import type { Batch } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';
import { campaignStates } from '#web/portal/campaigns/campaign-words';

export function CampaignChip({ state }: { state: Batch['state'] }) {
  const { t } = useLingui();
  const { glyph, word } = campaignStates[state];
  return (
    <Chip glyph={glyph} isFailure={state === 'failed'}>
      {t(word)}
    </Chip>
  );
}
