import { plural } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { listAccessInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { listAccess } from '#sdk/sdk.gen';
import type { AccessWay, Reacher } from '#sdk/types.gen';
import { allPages } from '#web/parts/api/all-pages';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { saveFile } from '#web/parts/api/save-file';
import { NothingFits } from '#web/parts/filter/nothing-fits';
import { useFilter } from '#web/parts/filter/use-filter';
import { Note } from '#web/parts/panel/panel';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { type AccessFilter, AccessFilterBar, accessFilterOf } from '#web/portal/organization/access-filter';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { useReasonWord, useRoleWord } from '#web/portal/organization/role-words';

const MAX_DOWNLOADED_PAGES = 100;

/** One way of a reacher; without one, that there are more than are told. */
interface WayRow {
  id: string;
  reacher: Reacher;
  way?: AccessWay;
}

const reachersOf = ({ access }: { access: Reacher[] }) => access;

/** Who can reach what, by which role and why: a line a way. */
export function AccessPage() {
  const { t } = useLingui();
  const roleWord = useRoleWord();
  const reasonWord = useReasonWord();
  const { filter, isFiltered, choose, clear } = useFilter(accessFilterOf);
  const list = useInfiniteQuery({
    ...listAccessInfiniteOptions({ query: { limit: PAGE_ROWS, ...queryOf(filter) } }),
    ...afterLast(reachersOf),
  });
  const columns: Column<WayRow>[] = [
    {
      id: 'who',
      header: t`Who`,
      isKey: true,
      cell: ({ reacher }) => <Who reacher={reacher} />,
    },
    {
      id: 'what',
      header: t`Reaches`,
      widthPx: 230,
      isKey: true,
      cell: ({ reacher, way }) => (way ? <Place way={way} /> : <More reacher={reacher} />),
    },
    {
      id: 'role',
      header: t`By`,
      widthPx: 240,
      isKey: true,
      cell: ({ way }) => way && (way.role ? roleWord(way.role) : <span title={way.scopes.join(', ')}>{way.scopes.join(', ')}</span>),
    },
    { id: 'why', header: t`Why`, widthPx: 190, isKey: true, cell: ({ way }) => way && reasonWord(way) },
  ];
  return (
    <Page title={t`Who can reach what`} actions={<Download filter={filter} />}>
      <OrganizationSections />
      <AccessFilterBar key={filter.search} filter={filter} choose={choose} />
      {list.data?.pages[0]?.hasAgency && (
        <Note>
          <Trans>The people and keys of your agency reach this brand too. Your agency can see who they are.</Trans>
        </Note>
      )}
      <RowList
        list={list}
        label={t`Who can reach what`}
        rows={rowsOfPages(list.data, reachersOf).flatMap(rowsOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          isFiltered ? (
            <NothingFits title={t`Nobody fits these filters`} clear={clear}>
              <Trans>People, API keys and groups appear here with every brand and project that they reach.</Trans>
            </NothingFits>
          ) : (
            <Empty title={t`Nobody yet`}>
              <Trans>People, API keys and groups appear here with every brand and project that they reach.</Trans>
            </Empty>
          )
        }
      />
    </Page>
  );
}

function queryOf({ kind, brand, project, search }: AccessFilter) {
  return { ...(kind && { kind }), ...(brand && { tenant: brand }), ...(project && { project }), ...(search && { search }) };
}

function rowsOf(reacher: Reacher): WayRow[] {
  const rows: WayRow[] = reacher.ways.map((way, at) => ({ id: `${reacher.id}/${at}`, reacher, way }));
  return reacher.moreWays > 0 ? [...rows, { id: `${reacher.id}/more`, reacher }] : rows;
}

function Who({ reacher: { kind, name, detail } }: { reacher: Reacher }) {
  const more = kind === 'group' ? plural(Number(detail), { one: '# person', other: '# people' }) : detail;
  return (
    <span title={`${name} (${more})`}>
      {name} <span style={{ color: 'var(--quiet)' }}>{more}</span>
    </span>
  );
}

function Place({ way: { tenantName, projectName, isEveryBrand } }: { way: AccessWay }) {
  if (isEveryBrand) return <Trans>every brand of {tenantName}</Trans>;
  return projectName === null ? (
    tenantName
  ) : (
    <Trans>
      only the project {projectName} of {tenantName}
    </Trans>
  );
}

function More({ reacher: { moreWays } }: { reacher: Reacher }) {
  return <Trans>and {moreWays} more: download the CSV for all</Trans>;
}

/** Every way of everybody that fits, as CSV. */
function Download({ filter }: { filter: AccessFilter }) {
  const { t } = useLingui();
  const download = useMutation({
    mutationFn: () =>
      allPages({
        hasHeads: true,
        maxPages: MAX_DOWNLOADED_PAGES,
        read: (after) => {
          const query = { limit: PAGE_ROWS, format: 'csv' as const, ...queryOf(filter), ...(after && { after }) };
          return listAccess({ query, parseAs: 'text', throwOnError: true });
        },
      }),
    onSuccess: ({ parts, isWhole }) => {
      saveFile('access.csv', 'text/csv', parts);
      notifications.show({
        message: isWhole ? t`Downloaded who can reach what` : t`The file has the first part; the API gives all of it`,
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
