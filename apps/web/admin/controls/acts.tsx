import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { listAuditLogOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListAuditLogResponse } from '#sdk/types.gen';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { Time } from '#web/parts/figures/figures';

/** Read, of which those are shown that did something: a sign-in did not. */
const LATEST = 50;
const SIGNED_IN = 'staff.signed_in';

type Entry = ListAuditLogResponse['entries'][number];

/** The newest entries of the platform's own audit log: what was done for everybody, and what ended by itself. */
export function Acts() {
  const { t } = useLingui();
  const query = useQuery(listAuditLogOptions({ query: { order: 'newest', limit: LATEST } }));
  const columns: TableColumn<Entry>[] = [
    { head: t`When`, name: 'at', cell: ({ at }) => <Time at={at} />, value: ({ at }) => at },
    { head: t`What`, name: 'action', cell: ({ action }) => <code>{action}</code>, value: ({ action }) => action },
    { head: t`Of`, name: 'target', cell: ({ targetId }) => targetId ?? '–' },
    { head: t`Why`, name: 'reason', cell: reasonOf, value: reasonOf },
  ];
  return (
    <TablePanel
      id="acts"
      title={t`Latest acts`}
      query={query}
      rows={query.data?.entries.filter(({ action }) => action !== SIGNED_IN)}
      columns={columns}
      empty={{
        title: t`Nothing was done yet`,
        text: t`Acts for everybody are listed here; those on one tenant are in its own audit log too.`,
      }}
    />
  );
}

function reasonOf({ data }: Entry): string {
  const { reason } = data as { reason?: unknown };
  return typeof reason === 'string' ? reason : '–';
}
