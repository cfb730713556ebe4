import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { getBatchOptions } from '#sdk/@tanstack/react-query.gen';
import { Credits } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import common from '#web/parts/review/review.module.css';
import { Loading } from '#web/parts/states/loading';
import styles from '#web/portal/campaigns/campaigns.module.css';
import { RefusedRows } from '#web/portal/campaigns/refused-rows';
import { tierWord } from '#web/portal/generations/generation-words';

const RENEWED_EVERY_MS = 700;

interface CheckedProps {
  id: string;
  tier: ServiceTier;
  launch(): void;
  isLaunching: boolean;
}

/** What the check says: rows accepted and refused, the price, and the launch. */
export function CheckedCampaign({ id, tier, launch, isLaunching }: CheckedProps) {
  const { t } = useLingui();
  const { data: batch } = useQuery({
    ...getBatchOptions({ path: { id } }),
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : RENEWED_EVERY_MS),
  });
  if (!batch?.finishedAt) return <Loading lines={3} />;
  const { rows } = batch;
  return (
    <section aria-label={t`Check`} className={common.panel}>
      <Title order={2}>
        <Trans>Check</Trans>
      </Title>
      <p role="status">
        <Trans>
          Rows accepted: {rows.accepted}. Rows refused: {rows.refused}.
        </Trans>
        {batch.stateReason && ` ${batch.stateReason}`}
      </p>
      {rows.refused > 0 && <RefusedRows id={id} refused={rows.refused} />}
      {rows.accepted > 0 && (
        <div className={common.bar}>
          <Button onClick={launch} loading={isLaunching}>
            <Trans>Launch campaign</Trans>
          </Button>
          <p className={common.quiet}>
            <Trans>
              <Credits value={batch.priceCredits} /> credits, tier {t(tierWord[tier])}, about {formatSpan(batch.burnLaneMs)} on one lane.
            </Trans>{' '}
            {tier === 'flex' && <Trans>It ends within 24 hours.</Trans>}
          </p>
        </div>
      )}
      {batch.missingCredits !== '0' && (
        <p className={styles.refused}>
          <Trans>
            <Credits value={batch.missingCredits} /> credits are missing: the campaign would pause before its end.
          </Trans>
        </p>
      )}
    </section>
  );
}
