import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getCapacityOptions } from '#sdk/@tanstack/react-query.gen';
import type { Capacity } from '#sdk/types.gen';
import { Lending } from '#web/admin/guarantee/lending';
import { Months } from '#web/admin/guarantee/months';
import { Recalls } from '#web/admin/guarantee/recalls';
import styles from '#web/admin/live/live.module.css';
import { PoolSelect, usePoolClass } from '#web/admin/panel/pool-select';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useTenants } from '#web/admin/panel/tenants';
import { Page } from '#web/parts/shell/page';

const READ_EVERY_MS = 10_000;

/** Who is guaranteed and lends what now, who took lanes back from whom, and how each guarantee was kept, by month and miss by miss. */
export function GuaranteePage() {
  const { t } = useLingui();
  const [{ tenant }, change] = useUrl();
  const { tenants } = useTenants();
  const poolClass = usePoolClass();
  const chosen = tenant ?? tenants[0]?.id;
  return (
    <Page title={t`Guarantee`}>
      <Now />
      <div className={styles.bar}>
        <PoolSelect forget={['before']} />
        <NativeSelect
          label={t`Tenant`}
          data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? ''}
          onChange={({ currentTarget }) => change({ tenant: currentTarget.value, miss: null })}
        />
      </div>
      {poolClass && <Recalls poolClass={poolClass} />}
      {poolClass && <Lending poolClass={poolClass} />}
      {chosen && <Months tenant={chosen} />}
    </Page>
  );
}

function Now() {
  const { t } = useLingui();
  const query = useQuery({ ...getCapacityOptions(), refetchInterval: READ_EVERY_MS });
  const idle = (one: Capacity['tenants'][number]) => Math.max(0, one.guaranteedUnits - one.unitsInUse);
  const columns: TableColumn<Capacity['tenants'][number]>[] = [
    { head: t`Tenant`, name: 'tenant', cell: ({ name }) => name },
    { head: t`Pool class`, name: 'pool class', cell: ({ poolClass }) => poolClass },
    { head: t`Guaranteed units`, name: 'guaranteed units', cell: ({ guaranteedUnits }) => guaranteedUnits },
    { head: t`Units in use`, name: 'units in use', cell: ({ unitsInUse }) => unitsInUse },
    { head: t`Idle units`, name: 'idle units', cell: idle },
    { head: t`Borrowed and shared lanes`, name: 'other lanes in use', cell: ({ otherLanesInUse }) => otherLanesInUse },
  ];
  return (
    <TablePanel
      id="guaranteed"
      title={t`Guaranteed and lent now`}
      metric="halogen_lanes"
      query={query}
      rows={query.data?.tenants}
      columns={columns}
      empty={{ title: t`No units are sold`, text: t`A tenant with units, or with lanes in use, is listed here.` }}
    />
  );
}
