import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { listGenerationsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { Generation } from '#sdk/types.gen';
import { rowsOfPages } from '#web/parts/api/pages';
import { NothingFits } from '#web/parts/filter/nothing-fits';
import { useFilter } from '#web/parts/filter/use-filter';
import { useLive } from '#web/parts/live/live';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { useColumnChoice } from '#web/parts/table/column-choice';
import { RowList } from '#web/parts/table/row-list';
import { CancelChosen } from '#web/portal/generations/cancel-chosen';
import { CompareChosen } from '#web/portal/generations/compare-chosen';
import { useGenerationColumns } from '#web/portal/generations/generation-columns';
import { GenerationCounts } from '#web/portal/generations/generation-counts';
import { GenerationFilterBar, generationFilterOf } from '#web/portal/generations/generation-filter';
import { type GenerationPages, keepNewer, withChanged } from '#web/portal/generations/generation-pages';
import { SavedViews } from '#web/portal/generations/saved-views';

const PAGE_ROWS = 50;

/** The list of a tenant's generations, newest first. Filters live in the URL. */
export function GenerationsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const { filter, isFiltered, choose, clear } = useFilter(generationFilterOf);
  const options = listGenerationsInfiniteOptions({ query: { limit: PAGE_ROWS, ...filter } });
  const client = useQueryClient();
  const list = useInfiniteQuery({
    ...options,
    initialPageParam: { query: { limit: PAGE_ROWS, ...filter } },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    structuralSharing: (before, after) => keepNewer(before as GenerationPages | undefined, after as GenerationPages),
  });
  const rows = useMemo(() => rowsOfPages(list.data, ({ generations }) => generations), [list.data]);

  const [visible, setVisible] = useState<readonly string[]>([]);
  const unfinished = rows.filter(({ id, finishedAt }) => finishedAt === null && visible.includes(id)).map(({ id }) => `generation:${id}`);
  useLive(['generations', ...unfinished], ({ event, data }) => {
    if (event === 'resync') return void list.refetch();
    if (event === 'newest') {
      const { id } = JSON.parse(data) as { id: string };
      if (!isFiltered && rows.length > 0 && rows[0]?.id !== id) void list.refetch();
      return;
    }
    const changed = JSON.parse(data) as Generation;
    client.setQueryData<GenerationPages>(options.queryKey, (pages) => pages && withChanged(pages, changed));
  });

  const { columns, choice } = useColumnChoice('generations', useGenerationColumns());
  const mayWrite = scope.may('generations:write');
  return (
    <Page
      title={t`Generations`}
      actions={
        mayWrite && (
          <Button component={Link} to={scope.path('/generations/new')}>
            <Trans>New generation</Trans>
          </Button>
        )
      }
    >
      <SavedViews filter={filter} />
      <GenerationFilterBar key={filter.label} filter={filter} choose={choose}>
        {choice}
      </GenerationFilterBar>
      <GenerationCounts filter={filter} />
      <RowList
        list={list}
        label={t`Generations`}
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        onVisible={setVisible}
        lookedBackTo={list.data?.pages.at(-1)?.lookedBackTo}
        bulk={(chosen, done) => (
          <>
            <CompareChosen chosen={chosen} />
            {mayWrite && <CancelChosen chosen={chosen} done={done} />}
          </>
        )}
        empty={
          isFiltered ? (
            <NothingFits title={t`No generation fits these filters`} clear={clear}>
              <Trans>There are others that they leave out.</Trans>
            </NothingFits>
          ) : (
            <NeverUsed />
          )
        }
      />
    </Page>
  );
}

function NeverUsed() {
  const { t } = useLingui();
  const scope = useScope();
  return (
    <Empty
      title={t`No generation yet`}
      action={
        <Button component={Link} to={scope.path('/generations/new')}>
          <Trans>New generation</Trans>
        </Button>
      }
      sample={`curl ${location.origin}/api/v1/generations \\
  -H "Authorization: Bearer $HALOGEN_API_KEY" -H "Content-Type: application/json" \\
  -d '{"model":"photon-1","prompt":"a lighthouse at dusk"}'`}
    >
      <Trans>A generation is an image or a video made from a prompt, priced before it starts.</Trans>
    </Empty>
  );
}
