import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listPausesOptions } from '#sdk/@tanstack/react-query.gen';
import { resumeScheduling } from '#sdk/sdk.gen';
import { Panel } from '#web/admin/panel/panel';
import { useMayOperate, useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { Time } from '#web/parts/figures/figures';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

/** Tenants and pool classes of which nothing new starts. */
export function Pauses() {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const { nameOf } = useTenants();
  const { data, error, refetch } = useQuery(listPausesOptions());
  const lift = useAct({
    act: (target: { tenantId?: string; poolClass?: string }) => resumeScheduling({ body: target, throwOnError: true }),
    done: t`Lifted the pause`,
  });
  const pauses = data?.pauses ?? [];
  const what = ({ tenantId, poolClass }: (typeof pauses)[number]) => (tenantId ? nameOf(tenantId) : (poolClass ?? ''));
  return (
    <Panel
      id="pauses"
      title={t`Paused now`}
      metric="halogen_pauses"
      csv={() => [['what', 'reason', 'since', 'ends'], ...pauses.map((one) => [what(one), one.reason, one.pausedAt, one.endsAt])]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Pauses`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && pauses.length === 0 && <Empty title={t`Nothing is paused`}>{t`New work of every tenant and pool class may start.`}</Empty>}
      {pauses.length > 0 && (
        <PlainTable
          label={t`Paused now`}
          heads={[t`Paused`, t`Scope`, t`Reason`, t`Since`, t`Ends`, t`Lift`]}
          rows={pauses.map((one) => [
            what(one),
            one.tenantId ? t`tenant` : t`pool class`,
            one.reason,
            <Time key="since" at={one.pausedAt} />,
            one.endsAt ? <Time key="ends" at={one.endsAt} /> : t`when it is lifted`,
            mayOperate ? (
              <Button
                key="lift"
                variant="default"
                size="compact-sm"
                aria-label={t`Lift the pause of ${what(one)}`}
                onClick={() => lift.mutate(one.tenantId ? { tenantId: one.tenantId } : { poolClass: one.poolClass ?? '' })}
              >
                <Trans>Lift</Trans>
              </Button>
            ) : (
              '–'
            ),
          ])}
        />
      )}
    </Panel>
  );
}
