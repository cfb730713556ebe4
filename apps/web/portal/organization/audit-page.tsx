import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { listAuditLogInfiniteOptions, listKeysOptions, listMembersOptions } from '#sdk/@tanstack/react-query.gen';
import { listAuditLog } from '#sdk/sdk.gen';
import type { AuditEntry } from '#sdk/types.gen';
import { allPages } from '#web/parts/api/all-pages';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { saveFile } from '#web/parts/api/save-file';
import { Time } from '#web/parts/figures/figures';
import { clearButton } from '#web/parts/filter/clear-button';
import { DayFields, type Days, dayOf, instantsOf } from '#web/parts/filter/days';
import { NothingFits } from '#web/parts/filter/nothing-fits';
import { chosenOf, textOf, useFilter } from '#web/parts/filter/use-filter';
import { Filters } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { OrganizationSections } from '#web/portal/organization/organization-sections';

const FAMILIES = [
  'key.*',
  'member.*',
  'sign_in.*',
  'setup_link.*',
  'share_link.*',
  'directory.*',
  'project.*',
  'tenant.*',
  'credits.*',
  'plan.*',
  'commitment.*',
  'capacity.*',
  'retention.*',
  'operator.*',
];
const ROWS_PER_DOWNLOADED_PAGE = 1_000;
const MAX_DOWNLOADED_PAGES = 100;

interface Filter extends Days {
  action?: string;
  actor?: string;
}

const entriesOf = ({ entries }: { entries: AuditEntry[] }) => entries;

/** Who did what, newest first. */
export function AuditPage() {
  const { t } = useLingui();
  const { filter, isFiltered, choose, clear } = useFilter(filterOf);
  const actors = useActors();
  const list = useInfiniteQuery({
    ...listAuditLogInfiniteOptions({ query: { limit: PAGE_ROWS, order: 'newest', ...filter, ...instantsOf(filter) } }),
    ...afterLast(entriesOf),
    placeholderData: keepPreviousData,
  });
  const actorWord = {
    system: t`Halogen`,
    api_key: t`an API key`,
    setup_link: t`a set-up link`,
    directory: t`the identity provider`,
    guest: t`a guest`,
    person: t`a person`,
  };
  const nameOf = ({ kind, id }: AuditEntry['actor']) => actors.find((one) => one.value === id)?.label ?? actorWord[kind];
  const columns: Column<AuditEntry>[] = [
    { id: 'at', header: t`When`, widthPx: 170, isKey: true, cell: ({ at }) => <Time at={at} /> },
    { id: 'who', header: t`Who`, widthPx: 200, isKey: true, cell: ({ actor }) => <span title={actor.id}>{nameOf(actor)}</span> },
    { id: 'what', header: t`What`, widthPx: 200, isKey: true, cell: ({ action }) => <code>{action}</code> },
    { id: 'details', header: t`Details`, cell: ({ data }) => <span title={JSON.stringify(data, null, 2)}>{detailsOf(data)}</span> },
    { id: 'sequence', header: t`Sealed as`, widthPx: 110, align: 'end', cell: ({ sequence }) => sequence ?? t`not yet` },
  ];
  const whatIsWritten = t`An entry is written when keys, people, projects, plans, units or money change. It is never changed.`;
  return (
    <Page title={t`Audit log`} actions={<Download filter={filter} />}>
      <OrganizationSections />
      <Filters label={t`Filters`}>
        <Select
          label={t`What`}
          placeholder={t`Anything`}
          {...clearButton(t`Clear what`)}
          data={filter.action && !FAMILIES.includes(filter.action) ? [...FAMILIES, filter.action] : FAMILIES}
          value={filter.action ?? null}
          onChange={(action) => choose({ action })}
        />
        <Select
          label={t`Who`}
          placeholder={t`Anybody`}
          {...clearButton(t`Clear who`)}
          searchable
          data={actors}
          value={filter.actor ?? null}
          onChange={(actor) => choose({ actor })}
        />
        <DayFields days={filter} choose={choose} />
      </Filters>
      <RowList
        list={list}
        label={t`Audit log`}
        rows={rowsOfPages(list.data, entriesOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          isFiltered ? (
            <NothingFits title={t`No entry fits these filters`} clear={clear}>
              {whatIsWritten}
            </NothingFits>
          ) : (
            <Empty title={t`No entry yet`}>{whatIsWritten}</Empty>
          )
        }
      />
    </Page>
  );
}

function filterOf({ action, actor, from, to }: Readonly<Record<string, unknown>>): Filter {
  return chosenOf({ action: textOf(action), actor: textOf(actor), from: dayOf(from), to: dayOf(to) });
}

function detailsOf(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}: ${detailOf(value)}`)
    .join(', ');
}

function detailOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(' ') : JSON.stringify(value);
}

/** People and keys to choose from, and to name entries by. */
function useActors(): { value: string; label: string }[] {
  const scope = useScope();
  const members = useQuery({ ...listMembersOptions(), enabled: scope.may('members:read') }).data?.members ?? [];
  const keys = useQuery({ ...listKeysOptions(), enabled: scope.may('keys:read') }).data?.keys ?? [];
  return [
    ...members.map(({ id, name }) => ({ value: id, label: name })),
    ...keys.map(({ id, name, prefix }) => ({ value: id, label: `${name} (${prefix}…)` })),
  ];
}

/** All entries that fit, as JSON lines or CSV, however many pages they take. */
function Download({ filter }: { filter: Filter }) {
  const { t } = useLingui();
  const download = useMutation({
    mutationFn: (format: 'csv' | 'jsonl') => exported(filter, format),
    onSuccess: ({ parts, isWhole }, format) => {
      saveFile(`audit.${format}`, format === 'csv' ? 'text/csv' : 'application/jsonl', parts);
      const entries = MAX_DOWNLOADED_PAGES * ROWS_PER_DOWNLOADED_PAGE;
      notifications.show({
        message: isWhole ? t`Downloaded the audit log` : t`The file has the first ${entries} entries; the API gives all of them`,
      });
    },
    onError: (error) => notifications.show({ message: error.message, color: 'danger' }),
  });
  return (
    <>
      <Button variant="default" onClick={() => download.mutate('csv')} loading={download.isPending}>
        <Trans>Download CSV</Trans>
      </Button>
      <Button variant="default" onClick={() => download.mutate('jsonl')} loading={download.isPending}>
        <Trans>Download JSON lines</Trans>
      </Button>
    </>
  );
}

function exported(filter: Filter, format: 'csv' | 'jsonl') {
  return allPages({
    hasHeads: format === 'csv',
    maxPages: MAX_DOWNLOADED_PAGES,
    read: (after) => {
      const query = { limit: ROWS_PER_DOWNLOADED_PAGE, format, ...filter, ...instantsOf(filter), ...(after && { after }) };
      return listAuditLog({ query, parseAs: 'text', throwOnError: true });
    },
  });
}
