import { useLingui } from '@lingui/react/macro';
import { Anchor, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { listBatchRows } from '#sdk/sdk.gen';
import type { BatchRow } from '#sdk/types.gen';
import { GENERATION_STATES, type GenerationState, StateChip, useStateWord } from '#web/parts/chip/state-chip';
import { Credits } from '#web/parts/figures/figures';
import { clearButton } from '#web/parts/filter/clear-button';
import styles from '#web/parts/review/review.module.css';
import { ReviewChip } from '#web/parts/review/review-chip';
import { useScope } from '#web/parts/scope/scope';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { type Column, DataTable } from '#web/parts/table/data-table';

const PAGE_ROWS = 200;

/** Every row with what became of it. */
export function CampaignRows({ campaignId }: { campaignId: string }) {
  const { t } = useLingui();
  const scope = useScope();
  const word = useStateWord();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { state?: string };
  const state = GENERATION_STATES.find((one) => one === search.state);
  const list = useInfiniteQuery({
    queryKey: ['campaign rows', campaignId, state],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE_ROWS, after: pageParam, ...(state && { state }) };
      return (await listBatchRows({ path: { id: campaignId }, query, signal, throwOnError: true })).data;
    },
    getNextPageParam: ({ nextAfter }) => nextAfter ?? undefined,
  });
  const rows = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const columns: Column<BatchRow>[] = [
    { id: 'row', header: t`Row`, widthPx: 80, align: 'end', cell: ({ row }) => row },
    {
      id: 'prompt',
      header: t`Prompt`,
      isKey: true,
      cell: ({ generationId, prompt, model }) => (
        <Anchor component={Link} to={scope.path(`/generations/${generationId}`)}>
          {prompt || model}
        </Anchor>
      ),
    },
    { id: 'state', header: t`State`, widthPx: 130, isKey: true, cell: (one) => <StateChip state={one.state} /> },
    {
      id: 'review',
      header: t`Review`,
      widthPx: 190,
      isKey: true,
      cell: (one) => (one.state === 'completed' ? <ReviewChip state={one.review} /> : null),
    },
    { id: 'why', header: t`Cause`, widthPx: 200, cell: ({ failureReason }) => failureReason },
    { id: 'price', header: t`Credits`, widthPx: 100, align: 'end', cell: ({ priceCredits }) => <Credits value={priceCredits} /> },
  ];
  const choose = (value: string | null) =>
    void navigate({ to: '.', search: { tab: 'rows', ...(value && { state: value as GenerationState }) } });
  return (
    <section aria-label={t`Rows`}>
      <div className={styles.bar}>
        <Select
          label={t`State`}
          placeholder={t`Any state`}
          {...clearButton(t`Clear state`)}
          data={GENERATION_STATES.map((value) => ({ value, label: word(value) }))}
          value={state ?? null}
          onChange={choose}
        />
      </div>
      {list.isPending && <Loading lines={6} heightPx={36} />}
      {list.error && !list.data && <ErrorPanel error={list.error} what={t`The rows`} retry={() => void list.refetch()} />}
      {list.data && (
        <DataTable
          label={t`Rows`}
          columns={columns}
          rows={rows}
          rowId={({ row }) => String(row)}
          hasMore={list.hasNextPage}
          loadMore={() => void list.fetchNextPage()}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </section>
  );
}
