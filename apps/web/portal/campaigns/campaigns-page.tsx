import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listBatches } from '#sdk/sdk.gen';
import type { Batch } from '#sdk/types.gen';
import { Count, Credits, Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { type Column, DataTable } from '#web/parts/table/data-table';
import { CampaignChip } from '#web/portal/campaigns/campaign-chip';
import { nameOf } from '#web/portal/campaigns/campaign-words';

const PAGE_ROWS = 50;
const RENEWED_EVERY_MS = 5_000;

/** A tenant's campaigns, newest first. Checks that were never launched are left out. */
export function CampaignsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const list = useInfiniteQuery({
    queryKey: ['campaigns'],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE_ROWS, ...(pageParam && { before: pageParam }) };
      return (await listBatches({ query, signal, throwOnError: true })).data;
    },
    getNextPageParam: ({ hasMore, batches }) => (hasMore ? batches.at(-1)?.id : undefined),
    refetchInterval: ({ state }) => (state.data?.pages.some(({ batches }) => batches.some(isUnfinished)) ? RENEWED_EVERY_MS : false),
  });
  const campaigns = list.data?.pages.flatMap(({ batches }) => batches.filter(({ dryRun }) => !dryRun)) ?? [];
  const columns: Column<Batch>[] = [
    {
      id: 'name',
      header: t`Campaign`,
      isKey: true,
      cell: (one) => (
        <Anchor component={Link} to={scope.path(`/campaigns/${one.id}`)}>
          {nameOf(one)}
        </Anchor>
      ),
    },
    { id: 'state', header: t`State`, widthPx: 130, isKey: true, cell: ({ state }) => <CampaignChip state={state} /> },
    {
      id: 'rows',
      header: t`Completed rows`,
      widthPx: 170,
      align: 'end',
      isKey: true,
      cell: ({ rows }) => (
        <>
          <Count value={rows.completed} /> / <Count value={rows.accepted} />
        </>
      ),
    },
    { id: 'failed', header: t`Failed`, widthPx: 90, align: 'end', cell: ({ rows }) => <Count value={rows.failed} /> },
    { id: 'price', header: t`Credits`, widthPx: 120, align: 'end', cell: ({ priceCredits }) => <Credits value={priceCredits} /> },
    { id: 'created', header: t`Created`, widthPx: 150, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  const create = scope.may('generations:write') && (
    <Button component={Link} to={scope.path('/campaigns/new')}>
      <Trans>New campaign</Trans>
    </Button>
  );
  return (
    <Page title={t`Campaigns`} actions={create}>
      {list.isPending && <Loading lines={6} heightPx={36} />}
      {list.error && !list.data && <ErrorPanel error={list.error} what={t`The list`} retry={() => void list.refetch()} />}
      {list.data && campaigns.length === 0 && !list.hasNextPage && (
        <Empty
          title={t`No campaign yet`}
          action={create}
          sample={`curl ${location.origin}/api/v1/batches \\
  -H "Authorization: Bearer $HALOGEN_API_KEY" -H "Content-Type: application/json" \\
  -d '{"name":"Spring","defaults":{"model":"photon-1"},"promptTemplate":"{{product}} in {{city}}",
       "matrix":{"product":["shoe","bag"],"city":["Oslo","Rome"]}}'`}
        >
          <Trans>A campaign makes many generations from one table or matrix, and gathers what you decide on each of them.</Trans>
        </Empty>
      )}
      {(campaigns.length > 0 || list.hasNextPage) && (
        <DataTable
          label={t`Campaigns`}
          columns={columns}
          rows={campaigns}
          rowId={({ id }) => id}
          hasMore={list.hasNextPage}
          loadMore={() => void list.fetchNextPage()}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </Page>
  );
}

function isUnfinished({ finishedAt }: Batch): boolean {
  return finishedAt === null;
}
