import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { listTransfersOptions } from '#sdk/@tanstack/react-query.gen';
import type { Generation } from '#sdk/types.gen';
import { Credits } from '#web/parts/figures/figures';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

/** Every transfer that it caused. */
export function LedgerLines({ generation: { id, state } }: { generation: Generation }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery({
    ...listTransfersOptions({ query: { generation: id } }),
    staleTime: state === 'queued' ? 0 : 1_000,
  });
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`The ledger`} retry={() => void refetch()} />;
  if (!data) return <Loading lines={3} />;
  return (
    <PlainTable
      label={t`Ledger lines`}
      heads={[t`At (UTC)`, t`Transfer`, t`From`, t`To`, t`Credits`]}
      rows={data.transfers.map(({ id: line, code, debit, credit, amountCredits, createdAt }) => [
        createdAt.slice(0, 19).replace('T', ' '),
        code,
        debit,
        credit,
        <Credits key={line} value={amountCredits} />,
      ])}
    />
  );
}
