import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { CancellationOutcome } from '#core/generations/limits';
import { listCancellationRows } from '#sdk/sdk.gen';
import { Chip } from '#web/parts/chip/state-chip';
import { useScope } from '#web/parts/scope/scope';
import { PlainTable } from '#web/parts/table/plain-table';

const PAGE_ROWS = 50;

const OUTCOMES: Readonly<Record<CancellationOutcome, { glyph: string; word: MessageDescriptor }>> = {
  cancelled: { glyph: '⊘', word: msg`cancelled` },
  ended_before: { glyph: '✓', word: msg`had ended before` },
  not_there: { glyph: '–', word: msg`not found` },
};

/** What became of each generation of a cancellation. */
export function CancelledRows({ id }: { id: string }) {
  const { t } = useLingui();
  const scope = useScope();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['rows of a cancellation', id],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) =>
      (await listCancellationRows({ path: { id }, query: { limit: PAGE_ROWS, after: pageParam }, signal, throwOnError: true })).data,
    getNextPageParam: ({ nextAfter }) => nextAfter ?? undefined,
  });
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  if (rows.length === 0) return null;
  return (
    <>
      <PlainTable
        label={t`What became of each`}
        heads={[t`Generation`, t`Outcome`]}
        rows={rows.map(({ generationId, outcome }) => [
          outcome === 'not_there' ? (
            <code key="id">{generationId}</code>
          ) : (
            <Link key="id" to={scope.path(`/generations/${generationId}`)}>
              <code>{generationId}</code>
            </Link>
          ),
          <Chip key="outcome" glyph={OUTCOMES[outcome].glyph}>
            {t(OUTCOMES[outcome].word)}
          </Chip>,
        ])}
      />
      {hasNextPage && (
        <Button variant="default" size="compact-sm" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          <Trans>Show more</Trans>
        </Button>
      )}
    </>
  );
}
