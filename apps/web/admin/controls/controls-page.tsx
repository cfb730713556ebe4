import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getCapacityOptions, getQueueOptions, listPausesOptions } from '#sdk/@tanstack/react-query.gen';
import { pauseScheduling, resumeScheduling } from '#sdk/sdk.gen';
import { Panel } from '#web/admin/panel/panel';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useMayOperate, useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Time } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const PAUSE_MINUTES = [15, 60, 240, 1_440];

/** What operators hold back: tenants and pool classes of which nothing new starts. Each act is in the audit log. */
export function ControlsPage() {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const [isOpen, setOpen] = useState(false);
  const { nameOf } = useTenants();
  const { data, error, refetch } = useQuery(listPausesOptions());
  const lift = useAct({
    act: (target: { tenantId?: string; poolClass?: string }) => resumeScheduling({ body: target, throwOnError: true }),
    done: t`Lifted the pause`,
  });
  const pauses = data?.pauses ?? [];
  const what = ({ tenantId, poolClass }: (typeof pauses)[number]) => (tenantId ? nameOf(tenantId) : (poolClass ?? ''));
  return (
    <Page
      title={t`Controls`}
      actions={
        mayOperate && (
          <Button color="danger" onClick={() => setOpen(true)}>
            <Trans>Pause work</Trans>
          </Button>
        )
      }
    >
      <Panel
        id="pauses"
        title={t`Paused now`}
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
      {isOpen && <PauseDialog close={() => setOpen(false)} />}
    </Page>
  );
}

/** Counts what is touched, and asks for the name to be typed. */
function PauseDialog({ close }: { close(): void }) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const pools = usePoolClasses();
  const { data: capacity } = useQuery(getCapacityOptions());
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [minutes, setMinutes] = useState('');
  const choices = [
    { value: '', label: t`Choose what to pause` },
    ...(pools.data ?? []).map(({ poolClass }) => ({ value: `pool:${poolClass}`, label: t`Pool class ${poolClass}` })),
    ...tenants.map(({ id, name }) => ({ value: `tenant:${id}`, label: t`Tenant ${name}` })),
  ];
  const [kind, id = ''] = target.split(/:(.*)/s);
  const name = kind === 'tenant' ? (tenants.find((one) => one.id === id)?.name ?? '') : id;
  const touched = (capacity?.tenants ?? []).filter((one) => (kind === 'tenant' ? one.tenantId === id : one.poolClass === id));
  const running = touched.reduce((sum, one) => sum + one.unitsInUse + one.otherLanesInUse, 0);
  const guaranteed = touched.reduce((sum, one) => sum + one.guaranteedUnits, 0);
  const { data: queue } = useQuery({ ...getQueueOptions({ query: { poolClass: id } }), enabled: kind === 'pool' });
  const queued = (queue?.depths ?? []).reduce((sum, one) => sum + one.queued, 0);
  const pause = useAct({
    act: () =>
      pauseScheduling({
        body: { ...(kind === 'tenant' ? { tenantId: id } : { poolClass: id }), reason, ...(minutes && { minutes: Number(minutes) }) },
        throwOnError: true,
      }),
    done: t`Paused ${name}`,
    isInForm: true,
    after: close,
  });
  const [refusal, setRefusal] = useState<Error | null>(null);
  return (
    <FormDialog
      close={close}
      title={t`Pause work`}
      verb={t`Pause work`}
      act={{
        isPending: pause.isPending,
        error: refusal ?? pause.error,
        mutate: () => {
          const isTyped = name !== '' && typed === name;
          setRefusal(isTyped ? null : new Error(t`Type the name exactly as it is written.`));
          if (isTyped) pause.mutate(undefined);
        },
      }}
    >
      <NativeSelect
        label={t`What`}
        data={choices}
        value={target}
        onChange={({ currentTarget }) => setTarget(currentTarget.value)}
        data-autofocus
      />
      {id && (
        <p>
          <Trans>
            {running} lanes run on to their end. Nothing new starts. {guaranteed} guaranteed units are at risk.
          </Trans>{' '}
          {kind === 'pool' && <Trans>At least {queued} generations wait longer.</Trans>}
        </p>
      )}
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <NativeSelect
        label={t`Ends`}
        data={[
          { value: '', label: t`when it is lifted` },
          ...PAUSE_MINUTES.map((value) => ({ value: String(value), label: t`after ${formatSpan(value * 60_000)}` })),
        ]}
        value={minutes}
        onChange={({ currentTarget }) => setMinutes(currentTarget.value)}
      />
      {id && (
        <TextInput
          label={t`Type ${name} to confirm`}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
        />
      )}
    </FormDialog>
  );
}
