import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listCapacityCutsOptions } from '#sdk/@tanstack/react-query.gen';
import { liftCapacityCut } from '#sdk/sdk.gen';
import { Panel } from '#web/admin/panel/panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { PlainTable } from '#web/parts/table/plain-table';

/** Capacity that is away for some days, and putting it back. What was credited stays credited. */
export function Cuts() {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const lift = useAct({ act: (id: string) => liftCapacityCut({ path: { id }, throwOnError: true }), done: t`Lifted the cut` });
  const { data, error } = useQuery(listCapacityCutsOptions());
  const cuts = data?.cuts ?? [];
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`Cuts`} />;
  return (
    <Panel
      id="cuts"
      title={t`Cuts of capacity`}
      metric="halogen_lanes"
      csv={() => [
        ['site', 'pool class', 'kind', 'lanes', 'from', 'until', 'forced', 'reason', 'lifted'],
        ...cuts.map((one) => [
          one.siteId,
          one.poolClass,
          one.kind,
          one.lanes,
          one.startsOn,
          one.endsOn,
          String(one.forced),
          one.reason,
          one.cancelledAt,
        ]),
      ]}
    >
      {cuts.length === 0 ? (
        <p>
          <Trans>No capacity is cut.</Trans>
        </p>
      ) : (
        <PlainTable
          label={t`Cuts of capacity`}
          heads={[t`Site`, t`Pool class`, t`Kind`, t`Lanes`, t`From`, t`Until`, t`Forced`, t`Reason`, t`Lift`]}
          rows={cuts.map((one) => [
            ...[one.siteId, one.poolClass, one.kind, one.lanes, one.startsOn, one.endsOn ?? t`for good`],
            one.forced ? t`yes` : t`no`,
            one.reason,
            one.cancelledAt !== null ? (
              t`lifted`
            ) : mayOperate ? (
              <Button
                key="lift"
                variant="default"
                size="compact-sm"
                aria-label={t`Lift the cut of ${one.siteId} from ${one.startsOn}`}
                onClick={() => lift.mutate(one.id)}
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
