import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getQueueOptions } from '#sdk/@tanstack/react-query.gen';
import type { GetQueueData, GetQueueResponse } from '#sdk/types.gen';
import styles from '#web/admin/live/live.module.css';
import { PoolSelect, usePoolClass } from '#web/admin/panel/pool-select';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { TIER_WORDS } from '#web/admin/queue/queue-words';
import { WaitHeatmap } from '#web/admin/queue/wait-heatmap';
import { formatSpan } from '#web/parts/figures/format';
import { useLanguage } from '#web/parts/words/language';

const READ_EVERY_MS = 10_000;
const HOURS = [1, 6, 24, 168];

type Queue = Pick<GetQueueResponse['depths'][number], 'tenantName' | 'serviceTier'>;
type Tier = NonNullable<GetQueueData['query']>['tier'];

/** What waits, and how long starts have waited, by tenant and tier. The figures are kept as it happens: this page counts nothing. */
export function QueueFigures() {
  const poolClass = usePoolClass();
  return poolClass ? <OfPoolClass poolClass={poolClass} /> : null;
}

function OfPoolClass({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const [{ hours = '6', tier }, change] = useUrl();
  const query = useQuery({
    ...getQueueOptions({ query: { poolClass, hours: Number(hours) || 6, tier: tier as Tier } }),
    refetchInterval: READ_EVERY_MS,
    placeholderData: (before) => before,
  });
  const tierOf = ({ serviceTier }: { serviceTier: string }) => t(TIER_WORDS[serviceTier] ?? { id: serviceTier });
  const count = (value: number) => value.toLocaleString(language);
  const span = (seconds: number) => formatSpan(seconds * 1_000);
  const tenant: TableColumn<Queue> = { head: t`Tenant`, name: 'tenant', cell: ({ tenantName }) => tenantName };
  const ofTier: TableColumn<Queue> = { head: t`Tier`, name: 'tier', cell: tierOf, value: ({ serviceTier }) => serviceTier };
  const percentile = (name: 'p50S' | 'p95S' | 'p99S', head: string) => ({
    head,
    name: `${head.toLowerCase()} s`,
    cell: (row: GetQueueResponse['waits'][number]) => span(row[name]),
    value: (row: GetQueueResponse['waits'][number]) => row[name],
  });
  return (
    <>
      <div className={styles.bar}>
        <PoolSelect />
        <NativeSelect
          label={t`Tier`}
          data={[{ value: '', label: t`All tiers` }, ...Object.entries(TIER_WORDS).map(([value, word]) => ({ value, label: t(word) }))]}
          value={tier ?? ''}
          onChange={({ currentTarget }) => change({ tier: currentTarget.value })}
        />
        <NativeSelect
          label={t`Time range`}
          data={HOURS.map((value) => ({ value: String(value), label: t`${value} h` }))}
          value={hours}
          onChange={({ currentTarget }) => change({ hours: currentTarget.value })}
        />
      </div>
      <TablePanel<GetQueueResponse['depths'][number]>
        id="depth"
        title={t`Waiting now`}
        metric="halogen_queue_depth"
        query={query}
        rows={query.data?.depths.filter((row) => !tier || row.serviceTier === tier)}
        columns={[
          tenant,
          ofTier,
          {
            head: t`Queued`,
            name: 'queued',
            cell: ({ queued, isAtLeast }) => (isAtLeast ? t`more than ${count(queued)}` : count(queued)),
            value: ({ queued }) => queued,
          },
        ]}
        empty={{ title: t`Nothing waits`, text: t`No tenant has work in the queue of this pool class.` }}
      />
      <TablePanel<GetQueueResponse['waits'][number]>
        id="waits"
        title={t`Waits of what has started`}
        metric="halogen_queue_wait_seconds"
        query={query}
        rows={query.data?.waits}
        columns={[
          tenant,
          ofTier,
          { head: t`Starts`, name: 'starts', cell: ({ starts }) => count(starts), value: ({ starts }) => starts },
          percentile('p50S', 'P50'),
          percentile('p95S', 'P95'),
          percentile('p99S', 'P99'),
        ]}
        empty={{ title: t`Nothing has started`, text: t`Nothing started on this pool class in that time.` }}
      />
      {query.data && <WaitHeatmap figures={query.data} />}
    </>
  );
}
