import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { listCommitmentsOptions } from '#sdk/@tanstack/react-query.gen';
import { cancelCommitment } from '#sdk/sdk.gen';
import type { Commitment } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { CommitmentChip } from '#web/parts/chip/commitment-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Credits } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { CapacitySections } from '#web/portal/capacity/capacity-sections';
import { OrderDialog } from '#web/portal/capacity/order-dialog';

/** Contracts for units: which, from when until when, and what is paid of them. */
export function CommitmentsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const { order } = useSearch({ strict: false }) as { order?: string };
  const [cancelled, setCancelled] = useState<Commitment>();
  const commitments = useQuery(listCommitmentsOptions());
  const mayWrite = scope.may('capacity:write');
  const open = (isOpen: boolean) => void navigate({ to: '.', search: (isOpen ? { order: 'new' } : {}) as never });
  const orderUnits = (
    <Button onClick={() => open(true)}>
      <Trans>Order units</Trans>
    </Button>
  );
  const columns: Column<Commitment>[] = [
    { id: 'pool', header: t`Pool class`, isKey: true, cell: ({ poolClass }) => poolClass },
    { id: 'units', header: t`Units`, widthPx: 75, align: 'end', isKey: true, cell: ({ units }) => units },
    { id: 'from', header: t`From`, widthPx: 125, cell: ({ startsOn }) => startsOn },
    { id: 'until', header: t`Until before`, widthPx: 125, cell: ({ endsOn }) => endsOn },
    {
      id: 'state',
      header: t`State`,
      widthPx: 120,
      isKey: true,
      cell: ({ state }) => <CommitmentChip state={state} />,
    },
    { id: 'paid', header: t`Paid`, widthPx: 130, align: 'end', cell: ({ paidCredits }) => <Credits value={paidCredits} /> },
    { id: 'total', header: t`Of`, widthPx: 130, align: 'end', cell: ({ totalCredits }) => <Credits value={totalCredits} /> },
    {
      id: 'overdue',
      header: t`Overdue`,
      widthPx: 95,
      align: 'end',
      cell: ({ overdueCredits }) => (overdueCredits === '0' ? '–' : <Credits value={overdueCredits} />),
    },
    ...(mayWrite
      ? [
          {
            id: 'acts',
            header: t`Actions`,
            widthPx: 100,
            isKey: true,
            cell: (commitment: Commitment) =>
              commitment.state === 'ordered' && (
                <Button
                  variant="subtle"
                  color="danger"
                  size="compact-sm"
                  onClick={() => setCancelled(commitment)}
                  aria-label={t`Cancel commitment of ${commitment.units} units`}
                >
                  <Trans>Cancel</Trans>
                </Button>
              ),
          },
        ]
      : []),
  ];
  return (
    <Page title={t`Commitments`} actions={mayWrite && orderUnits}>
      <CapacitySections />
      <RowList
        list={{ ...commitments, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => {} }}
        label={t`Commitments`}
        rows={commitments.data?.commitments ?? []}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No commitment yet`} action={mayWrite && orderUnits}>
            <Trans>A commitment is a contract for a constant number of units of a pool class from one day to another.</Trans>
          </Empty>
        }
      />
      {order === 'new' && mayWrite && <OrderDialog close={() => open(false)} />}
      {cancelled && <CancelDialog commitment={cancelled} close={() => setCancelled(undefined)} />}
    </Page>
  );
}

function CancelDialog({ commitment: { id, units, poolClass, startsOn, paidCredits }, close }: { commitment: Commitment; close(): void }) {
  const { t } = useLingui();
  const cancel = useAct({
    act: () => cancelCommitment({ path: { id }, throwOnError: true }),
    done: t`Cancelled the commitment`,
    after: close,
  });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Cancel commitment`}
      verb={t`Cancel commitment`}
      confirm={() => cancel.mutate(undefined)}
      isPending={cancel.isPending}
    >
      <Trans>
        {units} units of {poolClass} from {startsOn} on. What was paid comes back:
      </Trans>{' '}
      <Credits value={paidCredits} />
    </ConfirmDialog>
  );
}
