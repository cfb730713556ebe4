import { Trans } from '@lingui/react/macro';
import { type ReactNode, useEffect } from 'react';
import { Time } from '#web/parts/figures/figures';
import { Note } from '#web/parts/panel/panel';
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
  /** How far back a search for rare rows has come, while it goes on. */
  lookedBackTo?: string | null;
}

/** Pages without a row that are looked through before somebody has to ask for more: each may stand for 200,000 rows. */
const MAX_EMPTY_PAGES = 20;

/** A list in each of its states: loading, refused, empty, and the table. A filter that few rows pass is followed until the first one. */
export function RowList<Row extends object>({ list, label, empty, lookedBackTo, ...table }: RowListProps<Row>) {
  const { hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage } = list;
  const isLooking = table.rows.length === 0 && hasNextPage && !isPlaceholderData && pagesOf(list.data) < MAX_EMPTY_PAGES;
  useEffect(() => {
    if (isLooking && !isFetchingNextPage) void fetchNextPage();
  }, [isLooking, isFetchingNextPage, fetchNextPage]);
  if (list.isPending) return <Loading lines={6} heightPx={36} />;
  if (!list.data) return <ErrorPanel error={list.error as Error} what={label} retry={() => void list.refetch()} />;
  if (table.rows.length === 0 && !list.hasNextPage) return empty;
  if (isLooking) {
    return (
      <>
        <p role="status">
          {lookedBackTo ? (
            <Trans>
              Looked back to <Time at={lookedBackTo} />, looking further back
            </Trans>
          ) : (
            <Trans>Looking further back</Trans>
          )}
        </p>
        <Loading lines={6} heightPx={36} />
      </>
    );
  }
  return (
    <>
      <DataTable
        label={label}
        {...table}
        hasMore={hasNextPage}
        loadMore={() => void fetchNextPage()}
        isLoadingMore={isFetchingNextPage}
        isStale={isPlaceholderData}
      />
      {hasNextPage && lookedBackTo && (
        <Note>
          <Trans>
            Looked back to <Time at={lookedBackTo} />. Show more looks further back.
          </Trans>
        </Note>
      )}
    </>
  );
}

function pagesOf(data: unknown): number {
  return (data as { pages?: readonly unknown[] } | undefined)?.pages?.length ?? 0;
}
