import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getCapacityOptions, listGuaranteeMonthsOptions } from '#sdk/@tanstack/react-query.gen';
import styles from '#web/admin/live/live.module.css';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { useTenants } from '#web/admin/panel/tenants';
import { Credits } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

/** Who is guaranteed what now, and how each guarantee was kept, by month. */
export function GuaranteePage() {
  const { t } = useLingui();
  const [{ tenant }, change] = useUrl();
  const { tenants } = useTenants();
  const chosen = tenant ?? tenants[0]?.id;
  return (
    <Page title={t`Guarantee`}>
      <Now />
      <div className={styles.bar}>
        <NativeSelect
          label={t`Tenant`}
          data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? ''}
          onChange={({ currentTarget }) => change({ tenant: currentTarget.value })}
        />
      </div>
      {chosen && <Months tenant={chosen} />}
    </Page>
  );
}

function Now() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery({ ...getCapacityOptions(), refetchInterval: 10_000 });
  const rows = data?.tenants ?? [];
  return (
    <Panel
      id="guaranteed"
      title={t`Guaranteed and lent now`}
      metric="halogen_lanes"
      csv={() => [
        ['tenant', 'pool class', 'guaranteed units', 'units in use', 'idle units', 'other lanes in use'],
        ...rows.map((one) => [
          one.name,
          one.poolClass,
          one.guaranteedUnits,
          one.unitsInUse,
          one.guaranteedUnits - one.unitsInUse,
          one.otherLanesInUse,
        ]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Capacity`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && rows.length === 0 && (
        <Empty title={t`No units are sold`}>{t`A tenant with units, or with lanes in use, is listed here.`}</Empty>
      )}
      {rows.length > 0 && (
        <PlainTable
          label={t`Guaranteed and lent now`}
          heads={[t`Tenant`, t`Pool class`, t`Guaranteed units`, t`Units in use`, t`Idle units`, t`Borrowed and shared lanes`]}
          rows={rows.map((one) => [
            one.name,
            one.poolClass,
            one.guaranteedUnits,
            one.unitsInUse,
            Math.max(0, one.guaranteedUnits - one.unitsInUse),
            one.otherLanesInUse,
          ])}
        />
      )}
    </Panel>
  );
}

function Months({ tenant }: { tenant: string }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(listGuaranteeMonthsOptions({ query: { tenant } }));
  const months = data?.months ?? [];
  return (
    <Panel
      id="kept"
      title={t`Guarantee kept by month`}
      csv={() => [
        ['month', 'pool class', 'starts', 'kept %', 'service credit', 'lending credit'],
        ...months.map((one) => [one.month, one.poolClass, one.starts, one.keptPct, one.serviceCreditCredits, one.lendingCreditCredits]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`The months`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && months.length === 0 && (
        <Empty title={t`No month yet`}>{t`A month is listed once a tenant with units has started work in it.`}</Empty>
      )}
      {months.length > 0 && (
        <PlainTable
          label={t`Guarantee kept by month`}
          heads={[t`Month`, t`Pool class`, t`Starts`, t`Kept`, t`Service credit`, t`Lending credit`]}
          rows={months.map((one) => [
            one.month,
            one.poolClass,
            one.starts,
            `${one.keptPct} %`,
            <Credits key="service" value={one.serviceCreditCredits} />,
            <Credits key="lending" value={one.lendingCreditCredits} />,
          ])}
        />
      )}
    </Panel>
  );
}
