import type { ReactNode } from 'react';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { DataTable, type DataTableProps } from '#web/parts/table/data-table';

/** A list that is read page by page, as TanStack Query has it. */
interface Pages {
  isPending: boolean;
  error: unknown;
  data: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isPlaceholderData: boolean;
  refetch(): unknown;
  fetchNextPage(): unknown;
}

interface RowListProps<Row> extends Pick<DataTableProps<Row>, 'rows' | 'columns' | 'rowId' | 'bulk' | 'onVisible'> {
  list: Pages;
  /** What it is called, for the table and when it cannot be shown. */
  label: string;
  /** Instead of a table without rows. */
  empty: ReactNode;
}

/** A list in each of its states: loading, refused, empty, and the table. */
export function RowList<Row extends object>({ list, label, empty, ...table }: RowListProps<Row>) {
  if (list.isPending) return <Loading lines={6} heightPx={36} />;
  if (!list.data) return <ErrorPanel error={list.error as Error} what={label} retry={() => void list.refetch()} />;
  if (table.rows.length === 0 && !list.hasNextPage) return empty;
  return (
    <DataTable
      label={label}
      {...table}
      hasMore={list.hasNextPage}
      loadMore={() => void list.fetchNextPage()}
      isLoadingMore={list.isFetchingNextPage}
      isStale={list.isPlaceholderData}
    />
  );
}
