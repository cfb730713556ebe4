import { type InfiniteData, keepPreviousData } from '@tanstack/react-query';

/** Rows of a page of the lists that continue after the last row's id. */
export const PAGE_ROWS = 100;

/** How lists continue after the id of the last row: the rows of a full page have others behind them. */
export function afterLast<Page, Row extends { id: string }>(rowsOf: (page: Page) => readonly Row[]) {
  return {
    initialPageParam: {},
    getNextPageParam: (page: Page) => (rowsOf(page).length < PAGE_ROWS ? undefined : rowsOf(page).at(-1)?.id),
    placeholderData: keepPreviousData,
  };
}

export function rowsOfPages<Page, Row>(data: InfiniteData<Page, unknown> | undefined, rowsOf: (page: Page) => readonly Row[]): Row[] {
  return data?.pages.flatMap(rowsOf) ?? [];
}
