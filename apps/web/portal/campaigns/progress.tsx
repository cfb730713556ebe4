import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getReviewOptions } from '#sdk/@tanstack/react-query.gen';
import type { Batch, ReviewSummary } from '#sdk/types.gen';
import { Count, Credits, Time } from '#web/parts/figures/figures';
import common from '#web/parts/review/review.module.css';
import { useScope } from '#web/parts/scope/scope';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { PlainTable } from '#web/parts/table/plain-table';
import { CampaignChip } from '#web/portal/campaigns/campaign-chip';
import styles from '#web/portal/campaigns/campaigns.module.css';

const RENEWED_EVERY_MS = 5_000;
const PERCENT = 100;

/** Counts by state, the pace and the expected end, why rows failed, and what is decided so far. */
export function Progress({ campaign }: { campaign: Batch }) {
  const { t } = useLingui();
  const { id, rows, state, finishedAt } = campaign;
  const review = useQuery({ ...getReviewOptions({ path: { id } }), refetchInterval: finishedAt === null ? RENEWED_EVERY_MS : false });
  const ended = rows.completed + rows.failed + rows.cancelled;
  const donePct = rows.accepted === 0 ? 0 : Math.floor((PERCENT * ended) / rows.accepted);
  return (
    <div className={styles.panels}>
      <section className={common.panel} aria-label={t`Progress`}>
        <Title order={2}>
          <Trans>Progress</Trans>
        </Title>
        <div className={common.bar}>
          <CampaignChip state={state} />
          {campaign.stateReason && <span className={common.quiet}>{campaign.stateReason}</span>}
        </div>
        <progress className={styles.progress} max={Math.max(1, rows.accepted)} value={ended} aria-label={t`Rows that have ended`} />
        <p className="figures">
          <Trans>
            {donePct} % of <Count value={rows.accepted} /> rows
          </Trans>
        </p>
        <dl className={styles.figures}>
          <Figure name={t`Waiting or running`} value={rows.queued} />
          <Figure name={t`Completed`} value={rows.completed} />
          <Figure name={t`Failed`} value={rows.failed} />
          <Figure name={t`Cancelled`} value={rows.cancelled} />
          <Figure name={t`Refused`} value={rows.refused} />
        </dl>
        <dl className={styles.facts}>
          <dt>
            <Trans>Price</Trans>
          </dt>
          <dd>
            <Trans>
              <Credits value={campaign.priceCredits} /> credits
            </Trans>
          </dd>
          <dt>
            <Trans>Pace</Trans>
          </dt>
          <dd>
            <Trans>
              <Count value={rowsPerMinute(campaign)} maxPlaces={1} /> rows a minute
            </Trans>
          </dd>
          <dt>{finishedAt ? <Trans>Ended</Trans> : <Trans>Expected end</Trans>}</dt>
          <dd>{end(campaign) ? <Time at={end(campaign) as string} /> : <Trans>not known now</Trans>}</dd>
        </dl>
        {campaign.missingCredits !== '0' && (
          <p className={styles.refused}>
            <Trans>
              <Credits value={campaign.missingCredits} /> credits are missing for the next row.
            </Trans>
          </p>
        )}
      </section>
      {review.error && <ErrorPanel error={review.error as unknown as Error} what={t`The review`} retry={() => void review.refetch()} />}
      {review.data && (
        <>
          <Decisions summary={review.data} campaignId={id} />
          <Failures failures={review.data.failures} campaignId={id} />
          {review.data.axes.length > 0 && <Axes summary={review.data} />}
        </>
      )}
    </div>
  );
}

function end({ finishedAt, expectedFinishAt }: Batch): string | null {
  return finishedAt ?? expectedFinishAt;
}

/** Since it came in; a pause slows it. */
function rowsPerMinute({ rows, createdAt, finishedAt }: Batch): number {
  const minutes = ((finishedAt ? new Date(finishedAt) : new Date()).getTime() - new Date(createdAt).getTime()) / 60_000;
  return minutes <= 0 ? 0 : (rows.completed + rows.failed) / minutes;
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Count value={value} />
      </dd>
    </div>
  );
}

function Decisions({ summary, campaignId }: { summary: ReviewSummary; campaignId: string }) {
  const { t } = useLingui();
  const scope = useScope();
  return (
    <section className={common.panel} aria-label={t`Review`}>
      <Title order={2}>
        <Trans>Review</Trans>
      </Title>
      <dl className={styles.figures}>
        <Figure name={t`Waiting for review`} value={summary.waiting} />
        <Figure name={t`Approved`} value={summary.approved} />
        <Figure name={t`Rejected`} value={summary.rejected} />
        <Figure name={t`Open comments`} value={summary.openComments} />
      </dl>
      {summary.results > 0 && (
        <Button component={Link} to={`${scope.path(`/campaigns/${campaignId}`)}?tab=review`} variant="default">
          <Trans>Review results</Trans>
        </Button>
      )}
    </section>
  );
}

function Failures({ failures, campaignId }: { failures: ReviewSummary['failures']; campaignId: string }) {
  const { t } = useLingui();
  const scope = useScope();
  if (failures.length === 0) return null;
  return (
    <section className={common.panel} aria-label={t`Failures by cause`}>
      <Title order={2}>
        <Trans>Failures by cause</Trans>
      </Title>
      <ul className={common.list}>
        {failures.map(({ reason, rows, firstRows }) => (
          <li key={reason}>
            <strong>{reason || t`No cause is known`}</strong>
            <span className={common.quiet}>
              <Trans>
                {rows} rows, the first {firstRows.join(', ')}
              </Trans>
            </span>
          </li>
        ))}
      </ul>
      <Anchor component={Link} to={`${scope.path(`/campaigns/${campaignId}`)}?tab=rows&state=failed`}>
        <Trans>Show failed rows</Trans>
      </Anchor>
    </section>
  );
}

/** How each value of the matrix fares: the share of decided results that were approved. */
function Axes({ summary }: { summary: ReviewSummary }) {
  const { t } = useLingui();
  return (
    <section className={common.panel} aria-label={t`Approved by value`} data-wide>
      <Title order={2}>
        <Trans>Approved by value</Trans>
      </Title>
      <PlainTable
        label={t`Approved by value, table`}
        heads={[t`Axis`, t`Value`, t`Approved`, t`Rejected`, t`Share approved`]}
        rows={summary.axes.flatMap(({ name, values }) =>
          values.map(({ value, approved, rejected }) => [name, value, approved, rejected, shareOf(approved, approved + rejected)]),
        )}
      />
    </section>
  );
}

function shareOf(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((PERCENT * part) / whole)} %`;
}
