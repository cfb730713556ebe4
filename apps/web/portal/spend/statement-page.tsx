import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { getStatementInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { getStatement } from '#sdk/sdk.gen';
import type { StatementLine } from '#sdk/types.gen';
import { allPages } from '#web/parts/api/all-pages';
import { rowsOfPages } from '#web/parts/api/pages';
import { saveFile } from '#web/parts/api/save-file';
import { Credits, Time } from '#web/parts/figures/figures';
import { Figures, Filters } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { MonthSelect, monthOf, spanOf } from '#web/portal/spend/month';
import { SpendSections } from '#web/portal/spend/spend-sections';
import { codeWord } from '#web/portal/spend/spend-words';

const LINES_PER_PAGE = 100;
const LINES_PER_DOWNLOADED_PAGE = 1_000;
const MAX_DOWNLOADED_PAGES = 200;

/** Every change of the balance in a month, oldest first, with the balance after it. */
export function StatementPage() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const month = monthOf(search.month);
  const query = { ...spanOf(month), limit: LINES_PER_PAGE };
  const list = useInfiniteQuery({
    ...getStatementInfiniteOptions({ query }),
    initialPageParam: {},
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const rows = rowsOfPages(list.data, ({ lines }) => lines);
  const opening = list.data?.pages[0]?.openingBalance;
  const columns = useColumns();
  return (
    <Page title={t`Statement`} actions={<Download month={month} />}>
      <SpendSections />
      <Filters label={t`Filters`}>
        <MonthSelect month={month} choose={(value) => void navigate({ to: '.', search: { month: value } as never })} />
      </Filters>
      {opening !== undefined && <Figures items={[[t`Balance at the beginning`, <Credits key="opening" value={opening} />]]} />}
      <RowList
        list={list}
        label={t`Statement`}
        rows={rows}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No line in this month`}>
            <Trans>A line is written when credits are granted, paid, refunded or expire. Reserving and releasing change no balance.</Trans>
          </Empty>
        }
      />
    </Page>
  );
}

function useColumns(): Column<StatementLine>[] {
  const { t } = useLingui();
  const scope = useScope();
  return [
    { id: 'at', header: t`When`, widthPx: 170, cell: ({ at }) => <Time at={at} /> },
    {
      id: 'what',
      header: t`What`,
      isKey: true,
      cell: ({ code, generationId }) =>
        generationId ? (
          <Anchor component={Link} to={scope.path(`/generations/${generationId}`)} search={{ tab: 'ledger' } as never}>
            {t(codeWord[code])}
          </Anchor>
        ) : (
          t(codeWord[code])
        ),
    },
    { id: 'model', header: t`Model`, widthPx: 140, cell: ({ model }) => model ?? '–' },
    {
      id: 'labels',
      header: t`Labels`,
      widthPx: 200,
      cell: ({ labels }) =>
        Object.entries(labels)
          .map(([key, value]) => `${key}:${value}`)
          .join(', ') || '–',
    },
    { id: 'change', header: t`Change`, widthPx: 130, align: 'end', isKey: true, cell: ({ change }) => <Credits value={change} /> },
    { id: 'balance', header: t`Balance`, widthPx: 150, align: 'end', isKey: true, cell: ({ balance }) => <Credits value={balance} /> },
  ];
}

/** All lines of the month in one file, however many pages it takes. */
function Download({ month }: { month: string }) {
  const { t } = useLingui();
  const download = useMutation({
    mutationFn: () => csvOf(month),
    onSuccess: ({ parts, isWhole }) => {
      saveFile(`statement-${month}.csv`, 'text/csv', parts);
      const lines = MAX_DOWNLOADED_PAGES * LINES_PER_DOWNLOADED_PAGE;
      notifications.show({
        message: isWhole ? t`Downloaded the statement` : t`The file has the first ${lines} lines; the API gives all of them`,
      });
    },
    onError: (error) => notifications.show({ message: error.message, color: 'danger' }),
  });
  return (
    <Button variant="default" onClick={() => download.mutate()} loading={download.isPending}>
      <Trans>Download CSV</Trans>
    </Button>
  );
}

function csvOf(month: string) {
  return allPages({
    hasHeads: true,
    maxPages: MAX_DOWNLOADED_PAGES,
    read: (cursor) => {
      const query = { ...spanOf(month), limit: LINES_PER_DOWNLOADED_PAGE, format: 'csv', ...(cursor && { cursor }) } as const;
      return getStatement({ query, parseAs: 'text', throwOnError: true });
    },
  });
}
