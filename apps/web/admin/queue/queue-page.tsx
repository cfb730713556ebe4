import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listStuckOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListStuckResponse } from '#sdk/types.gen';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { useTenants } from '#web/admin/panel/tenants';
import { Explain } from '#web/admin/queue/explain';
import { QueueFigures } from '#web/admin/queue/queue-figures';
import { STUCK_WORDS, TIER_WORDS } from '#web/admin/queue/queue-words';
import { Time } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const READ_EVERY_MS = 10_000;
const MINUTES = ['1', '10', '60', '1440'];

/** What does not go on, and why one generation waits. */
export function QueuePage() {
  const { t } = useLingui();
  const [{ generation, tenant }] = useUrl();
  return (
    <Page title={t`Queue`}>
      <Explain key={generation} generation={generation} tenant={tenant} />
      <QueueFigures />
      <Stuck />
    </Page>
  );
}

function Stuck() {
  const { t } = useLingui();
  const [{ minutes = '10' }, change] = useUrl();
  const { nameOf } = useTenants();
  const { data, error, refetch } = useQuery({
    ...listStuckOptions({ query: { minutes: Number(minutes) || 0 } }),
    refetchInterval: READ_EVERY_MS,
    placeholderData: (before) => before,
  });
  const stuck = data?.stuck ?? [];
  const textOf = (one: ListStuckResponse['stuck'][number]) => t(STUCK_WORDS[one.reason]);
  return (
    <Panel
      id="stuck"
      title={t`Stuck and waiting long`}
      metric="halogen_queue_wait_seconds"
      csv={() => [
        ['since', 'tenant', 'generation', 'pool class', 'tier', 'state', 'reason', 'node'],
        ...stuck.map((one) => [
          ...[one.since, nameOf(one.tenantId), one.generationId, one.poolClass, one.serviceTier, one.state, one.reason],
          one.nodeId,
        ]),
      ]}
      controls={
        <NativeSelect
          aria-label={t`Waiting for at least`}
          data={MINUTES.map((value) => ({ value, label: t`${value} min` }))}
          value={minutes}
          onChange={({ currentTarget }) => change({ minutes: currentTarget.value })}
        />
      }
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`The list`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={6} />}
      {data && stuck.length === 0 && (
        <Empty title={t`Nothing is stuck`}>{t`No lease stands still, and nothing has waited for so long.`}</Empty>
      )}
      {stuck.length > 0 && (
        <PlainTable
          label={t`Stuck and waiting long`}
          heads={[t`Since`, t`Tenant`, t`Tier`, t`Pool class`, t`Reason`, t`Node`, t`Explain`]}
          rows={stuck.map((one) => [
            <Time key="since" at={one.since} />,
            nameOf(one.tenantId),
            t(TIER_WORDS[one.serviceTier] ?? { id: one.serviceTier }),
            one.poolClass,
            textOf(one),
            one.nodeId ?? '–',
            <Button
              key="explain"
              variant="default"
              size="compact-sm"
              aria-label={t`Explain ${one.generationId}`}
              onClick={() => change({ generation: one.generationId, tenant: one.tenantId })}
            >
              <Trans>Explain</Trans>
            </Button>,
          ])}
        />
      )}
    </Panel>
  );
}
