import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listRecallsOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListRecallsResponse } from '#sdk/types.gen';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { Time } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';

const PAGE_RECALLS = 50;
const READ_EVERY_MS = 10_000;

/** Who took lanes back from whom, and what work that lost. */
export function Recalls({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const [{ before }, change] = useUrl();
  const query = useQuery({
    ...listRecallsOptions({ query: { poolClass, before, limit: PAGE_RECALLS } }),
    refetchInterval: before ? false : READ_EVERY_MS,
    placeholderData: (last) => last,
  });
  const rows = query.data?.recalls;
  const columns: TableColumn<ListRecallsResponse['recalls'][number]>[] = [
    { head: t`When`, name: 'recalled at', cell: ({ recalledAt }) => <Time at={recalledAt} />, value: ({ recalledAt }) => recalledAt },
    { head: t`Owner`, name: 'owner', cell: ({ ownerName }) => ownerName },
    { head: t`Recalled from`, name: 'recalled from', cell: ({ tenantName }) => tenantName },
    { head: t`Generation`, name: 'generation', cell: (one) => <code>{one.generationId}</code>, value: (one) => one.generationId },
    { head: t`Node`, name: 'node', cell: ({ nodeId }) => nodeId },
    { head: t`Lanes`, name: 'lanes', cell: ({ lanes }) => lanes },
    { head: t`Work lost`, name: 'lost lane ms', cell: (one) => formatSpan(one.lostLaneMs), value: (one) => one.lostLaneMs },
  ];
  return (
    <TablePanel
      id="recalls"
      title={t`Recalls`}
      metric="halogen_starts_total"
      query={query}
      rows={rows}
      columns={columns}
      empty={{ title: t`Nothing was recalled`, text: t`A recall of the last two weeks is listed here, with the work it lost.` }}
      controls={
        <>
          {before && (
            <Button variant="default" size="compact-sm" onClick={() => change({ before: null })}>
              <Trans>First page</Trans>
            </Button>
          )}
          {rows?.length === PAGE_RECALLS && (
            <Button variant="default" size="compact-sm" onClick={() => change({ before: rows.at(-1)?.recalledAt })}>
              <Trans>Next page</Trans>
            </Button>
          )}
        </>
      }
    />
  );
}
