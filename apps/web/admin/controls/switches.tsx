import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listSwitchesOptions } from '#sdk/@tanstack/react-query.gen';
import { liftSwitch } from '#sdk/sdk.gen';
import { useStopWords } from '#web/admin/controls/stop-words';
import { Panel } from '#web/admin/panel/panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { Time } from '#web/parts/figures/figures';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

/** What is refused or held back now, and for whom. */
export function Switches() {
  const { t } = useLingui();
  const words = useStopWords();
  const mayOperate = useMayOperate();
  const { data, error, refetch } = useQuery(listSwitchesOptions());
  const lift = useAct({ act: (id: string) => liftSwitch({ path: { id }, throwOnError: true }), done: t`Switched on again` });
  const switches = data?.switches ?? [];
  return (
    <Panel
      id="switches"
      title={t`Switched off now`}
      metric="halogen_switches"
      csv={() => [
        ['what', 'for', 'reason', 'since', 'ends'],
        ...switches.map((one) => [one.stops, one.subject ?? one.scope, one.reason, one.setAt, one.endsAt]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Switches`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && switches.length === 0 && (
        <Empty title={t`Nothing is switched off`}>{t`Generations are taken, batches are loaded and webhooks are sent.`}</Empty>
      )}
      {switches.length > 0 && (
        <PlainTable
          label={t`Switched off now`}
          heads={[t`What`, t`For`, t`Reason`, t`Since`, t`Ends`, t`Switch on`]}
          rows={switches.map((one) => [
            words.kindOf(one),
            words.subjectOf(one),
            one.reason,
            <Time key="since" at={one.setAt} />,
            one.endsAt ? <Time key="ends" at={one.endsAt} /> : t`when it is lifted`,
            mayOperate ? (
              <Button
                key="lift"
                variant="default"
                size="compact-sm"
                aria-label={t`Switch on ${words.kindOf(one)}: ${words.subjectOf(one)}`}
                onClick={() => lift.mutate(one.id)}
              >
                <Trans>Switch on</Trans>
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
