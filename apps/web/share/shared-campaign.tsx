import { Trans, useLingui } from '@lingui/react/macro';
import { Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { listSharedResults } from '#sdk/sdk.gen';
import type { Shared } from '#sdk/types.gen';
import { Time } from '#web/parts/figures/figures';
import styles from '#web/parts/review/review.module.css';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import page from '#web/share/share-page.module.css';
import { SharedDesk } from '#web/share/shared-desk';

const PAGE_ROWS = 500;
/** The URLs of pictures work for an hour. */
const RENEWED_EVERY_MS = 30 * 60_000;

/** The results that a guest is shown, one after the other. */
export function SharedCampaign({ shared }: { shared: Shared }) {
  const { t } = useLingui();
  const { tenantName, campaignName, guestName, access, expiresAt } = shared;
  const title = campaignName ?? t`Shared campaign`;
  useEffect(() => {
    document.title = `${title} · Halogen`;
  }, [title]);
  const { row } = useSearch({ from: '/share' });
  const navigate = useNavigate();
  const list = useInfiniteQuery({
    queryKey: ['shared results'],
    initialPageParam: 0,
    refetchInterval: RENEWED_EVERY_MS,
    queryFn: async ({ pageParam, signal }) =>
      (await listSharedResults({ query: { limit: PAGE_ROWS, after: pageParam }, signal, throwOnError: true })).data,
    getNextPageParam: ({ nextAfter }) => nextAfter ?? undefined,
  });
  const results = useMemo(() => list.data?.pages.flatMap((one) => one.results) ?? [], [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <main className={page.page}>
      <Title order={1}>{title}</Title>
      <p className={styles.quiet}>
        <Trans>
          Shared by {tenantName} with {guestName}, until <Time at={expiresAt} isInstant />.
        </Trans>{' '}
        {access === 'view' && <Trans>This link is for looking only.</Trans>}
      </p>
      {list.error && !list.data && <ErrorPanel error={list.error} what={t`The results`} retry={() => void list.refetch()} />}
      {list.isPending && <Loading lines={6} heightPx={36} />}
      {list.data && results.length === 0 && !hasNextPage && (
        <Empty title={t`There is nothing to look at yet`}>
          <Trans>Results appear here once they are ready to be shown.</Trans>
        </Empty>
      )}
      {results.length > 0 && (
        <SharedDesk
          results={results}
          row={row}
          go={(to) => void navigate({ to: '/share', search: { row: to }, replace: true, resetScroll: false })}
          mayComment={access === 'comment'}
        />
      )}
    </main>
  );
}
