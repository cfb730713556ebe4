import { Trans, useLingui } from '@lingui/react/macro';
import { Checkbox } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { listDirectoryCallsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { DirectoryCall } from '#sdk/types.gen';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { Time } from '#web/parts/figures/figures';
import { textOf, useFilter } from '#web/parts/filter/use-filter';
import { Filters, Part } from '#web/parts/panel/panel';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';

const callsOf = ({ calls }: { calls: DirectoryCall[] }) => calls;
const readFilter = ({ refused }: Readonly<Record<string, unknown>>) => (textOf(refused) === 'true' ? { refused: 'true' as const } : {});

/** What the identity provider did last, and why it was refused. */
export function DirectoryCalls() {
  const { t } = useLingui();
  const { filter, choose } = useFilter<{ refused?: 'true' }>(readFilter);
  const list = useInfiniteQuery({
    ...listDirectoryCallsInfiniteOptions({ query: { limit: PAGE_ROWS, ...filter } }),
    ...afterLast(callsOf),
  });
  const columns: Column<DirectoryCall>[] = [
    { id: 'at', header: t`When`, widthPx: 150, isKey: true, cell: ({ at }) => <Time at={at} /> },
    {
      id: 'call',
      header: t`Call`,
      widthPx: 300,
      cell: ({ method, path }) => (
        <code title={path}>
          {method} {path}
        </code>
      ),
    },
    { id: 'status', header: t`Answer`, widthPx: 90, isKey: true, cell: ({ status }) => status },
    {
      id: 'why',
      header: t`What it means`,
      isKey: true,
      cell: ({ detail, explanation }) => <span title={[detail, explanation].filter(Boolean).join('\n')}>{explanation ?? detail}</span>,
    },
  ];
  return (
    <Part title={t`Last calls`}>
      <Filters label={t`Filters`}>
        <Checkbox
          label={t`Refused calls only`}
          checked={filter.refused === 'true'}
          onChange={({ currentTarget }) => choose({ refused: currentTarget.checked ? 'true' : null })}
        />
      </Filters>
      <RowList
        list={list}
        label={t`Last calls`}
        rows={rowsOfPages(list.data, callsOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={filter.refused ? t`No call was refused` : t`No call yet`}>
            <Trans>Each call of your identity provider is kept here for 30 days, without what was in it.</Trans>
          </Empty>
        }
      />
    </Part>
  );
}
