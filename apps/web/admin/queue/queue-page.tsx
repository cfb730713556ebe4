import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { explainGenerationOptions, listStuckOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListStuckResponse } from '#sdk/types.gen';
import styles from '#web/admin/live/live.module.css';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { useTenants } from '#web/admin/panel/tenants';
import { QueueFigures } from '#web/admin/queue/queue-figures';
import { STUCK_WORDS, TIER_WORDS, WAIT_WORDS } from '#web/admin/queue/queue-words';
import { Time } from '#web/parts/figures/figures';
import { formatInstant } from '#web/parts/figures/format';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { useLanguage } from '#web/parts/words/language';

const READ_EVERY_MS = 10_000;
const ASK_EVERY_MS = 5_000;
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

/** Why one generation waits, asked of the leader that plans it. */
function Explain({ generation, tenant }: { generation: string | undefined; tenant: string | undefined }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const { tenants, nameOf } = useTenants();
  return (
    <Panel id="explain" title={t`Explain one wait`}>
      <form
        className={styles.bar}
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          change({ generation: String(given.get('generation')).trim(), tenant: String(given.get('tenant')) });
        }}
      >
        <TextInput label={t`Generation`} name="generation" defaultValue={generation} required w={320} maw="100%" />
        <NativeSelect
          label={t`Tenant`}
          name="tenant"
          key={tenants.length}
          defaultValue={tenant}
          data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Button type="submit" variant="default">
          <Trans>Explain the wait</Trans>
        </Button>
      </form>
      {generation && tenant && <Explained id={generation} tenantId={tenant} name={nameOf(tenant)} />}
    </Panel>
  );
}

function Explained({ id, tenantId, name }: { id: string; tenantId: string; name: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const { data, error } = useQuery({
    ...explainGenerationOptions({ path: { id }, query: { tenantId } }),
    refetchInterval: ({ state }) => (state.data?.state === 'queued' ? ASK_EVERY_MS : false),
  });
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`The wait`} />;
  if (!data) return <Loading lines={3} />;
  const { state, serviceTier, units, unitsInUse, wait, servedFrom } = data;
  const at = (moment: string | null) => (moment === null ? '–' : formatInstant(new Date(moment), new Date(), language));
  const facts: [string, string][] = [
    [t`Tenant`, name],
    [t`State`, state],
    [t`Tier`, t(TIER_WORDS[serviceTier] ?? { id: serviceTier })],
    [t`Units in use`, `${unitsInUse} / ${units}`],
    [t`Served from`, servedFrom ?? '–'],
    ...(wait
      ? ([
          [t`Rule`, t(WAIT_WORDS[wait.reason])],
          [t`Position`, wait.position === null ? '–' : String(wait.position)],
          [t`Starts with a chance of 50 %`, at(wait.startP50)],
          [t`Starts with a chance of 90 %`, at(wait.startP90)],
          ...wait.wouldChange.map((one): [string, string] => [t`Would start sooner`, one.detail]),
        ] as [string, string][])
      : state === 'queued'
        ? ([[t`Rule`, t`The scheduler has not answered.`]] as [string, string][])
        : []),
  ];
  return <PlainTable label={t`Why it waits`} heads={[t`What`, t`Is`]} rows={facts} />;
}
