import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { listLendingOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListLendingResponse } from '#sdk/types.gen';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useLanguage } from '#web/parts/words/language';

const MAX_ROWS = 200;
const MINUTES_PER_HOUR = 60;

/** Who lent to whom, by day. */
export function Lending({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const query = useQuery(listLendingOptions({ query: { poolClass, limit: MAX_ROWS } }));
  const hours = ({ laneMinutes }: ListLendingResponse['days'][number]) => laneMinutes / MINUTES_PER_HOUR;
  const columns: TableColumn<ListLendingResponse['days'][number]>[] = [
    { head: t`Day`, name: 'day', cell: ({ day }) => day },
    { head: t`Lender`, name: 'lender', cell: ({ lenderName }) => lenderName },
    { head: t`Borrower`, name: 'borrower', cell: ({ borrowerName }) => borrowerName },
    {
      head: t`Lane hours lent`,
      name: 'lane hours',
      cell: (one) => hours(one).toLocaleString(language, { maximumFractionDigits: 2 }),
      value: hours,
    },
  ];
  return (
    <TablePanel
      id="lending"
      title={t`Lending by day`}
      metric="halogen_lanes"
      query={query}
      rows={query.data?.days}
      columns={columns}
      empty={{ title: t`Nothing was lent`, text: t`Idle units that ran another tenant’s work are listed here, by day and pair.` }}
    />
  );
}
