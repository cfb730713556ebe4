import { useLingui } from '@lingui/react/macro';
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listCommitmentsOptions } from '#sdk/@tanstack/react-query.gen';
import type { Commitment } from '#sdk/types.gen';
import { type CommitmentAct, CommitmentActDialog } from '#web/admin/order-book/commitment-act-dialog';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useMayOperate, useTenants } from '#web/admin/panel/tenants';
import { CommitmentChip } from '#web/parts/chip/commitment-chip';
import { Credits } from '#web/parts/figures/figures';

/** What one tenant has bought, and what may be done with it. */
export function Commitments() {
  const { t } = useLingui();
  const [{ tenant }, change] = useUrl();
  const { tenants } = useTenants();
  const mayOperate = useMayOperate();
  const [acting, setActing] = useState<{ act: CommitmentAct; commitment: Commitment }>();
  const chosen = tenant ?? tenants[0]?.id;
  const list = useQuery({ ...listCommitmentsOptions({ query: { tenant: chosen } }), enabled: chosen !== undefined });
  const words: Record<CommitmentAct, string> = { renew: t`Renew units`, resize: t`Add units`, transfer: t`Transfer units` };
  const columns: TableColumn<Commitment>[] = [
    { head: t`Pool class`, name: 'pool class', cell: ({ poolClass }) => poolClass },
    { head: t`Units`, name: 'units', cell: ({ units }) => units },
    { head: t`From`, name: 'from', cell: ({ startsOn }) => startsOn },
    { head: t`Until`, name: 'until', cell: ({ endsOn }) => endsOn },
    { head: t`State`, name: 'state', cell: ({ state }) => <CommitmentChip state={state} />, value: ({ state }) => state },
    { head: t`Total`, name: 'total', cell: (one) => <Credits value={one.totalCredits} />, value: (one) => one.totalCredits },
    { head: t`Paid`, name: 'paid', cell: (one) => <Credits value={one.paidCredits} />, value: (one) => one.paidCredits },
    {
      head: t`Service credit`,
      name: 'service credit',
      cell: (one) => <Credits value={one.creditedCredits} />,
      value: (one) => one.creditedCredits,
    },
    {
      head: t`Change`,
      cell: (commitment) =>
        mayOperate && (commitment.state === 'ordered' || commitment.state === 'active')
          ? (['renew', 'resize', 'transfer'] as const).map((act) => (
              <Button
                key={act}
                variant="default"
                size="compact-sm"
                mr={4}
                aria-label={t`${words[act]}: ${commitment.poolClass} from ${commitment.startsOn}`}
                onClick={() => setActing({ act, commitment })}
              >
                {words[act]}
              </Button>
            ))
          : '–',
    },
  ];
  return (
    <TablePanel
      id="commitments"
      title={t`Commitments`}
      metric="halogen_sold_units"
      query={list}
      rows={list.data?.commitments}
      columns={columns}
      empty={{ title: t`No commitment`, text: t`This tenant has bought no units.` }}
      controls={
        <NativeSelect
          aria-label={t`Tenant`}
          data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? ''}
          onChange={({ currentTarget }) => change({ tenant: currentTarget.value })}
        />
      }
    >
      {acting && <CommitmentActDialog {...acting} verb={words[acting.act]} close={() => setActing(undefined)} />}
    </TablePanel>
  );
}
