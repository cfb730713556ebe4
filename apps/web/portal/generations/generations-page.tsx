import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type InfiniteData, keepPreviousData, replaceEqualDeep, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { listGenerationsInfiniteOptions, listProjectsOptions } from '#sdk/@tanstack/react-query.gen';
import { cancelGeneration } from '#sdk/sdk.gen';
import type { Generation, ListGenerationsResponse } from '#sdk/types.gen';
import { GENERATION_STATES, type GenerationState, StateChip, useStateWord } from '#web/parts/chip/state-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Credits, Time } from '#web/parts/figures/figures';
import { useLive } from '#web/parts/live/live';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { type Column, DataTable } from '#web/parts/table/data-table';
import { MODEL_NAMES, promptOf, tierWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';
import { newerOf } from '#web/portal/generations/newer';

const PAGE_ROWS = 50;

type Pages = InfiniteData<ListGenerationsResponse>;

interface Filters {
  state?: GenerationState;
  model?: string;
  tier?: ServiceTier;
  project?: string;
  label?: string;
}

/** The list of a tenant's generations, newest first. Filters live in the URL. */
export function GenerationsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const filters = filtersOf(useSearch({ strict: false }) as Record<string, unknown>);
  const options = listGenerationsInfiniteOptions({ query: { limit: PAGE_ROWS, ...filters } });
  const client = useQueryClient();
  const list = useInfiniteQuery({
    ...options,
    initialPageParam: { query: { limit: PAGE_ROWS, ...filters } },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    structuralSharing: (before, after) => keepNewer(before as Pages | undefined, after as Pages),
  });
  const rows = useMemo(() => list.data?.pages.flatMap(({ generations }) => generations) ?? [], [list.data]);
  const isFiltered = Object.keys(filters).length > 0;

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
    client.setQueryData<Pages>(options.queryKey, (pages) => pages && withChanged(pages, changed));
  });

  const filter = (change: { [Name in keyof Filters]: string | null | undefined }) =>
    void navigate({ to: '.', search: Object.fromEntries(Object.entries({ ...filters, ...change }).filter(([, value]) => value)) });
  const columns = useColumns();
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
      <FilterBar key={filters.label} filters={filters} filter={filter} />
      {list.isPending && <Loading lines={8} heightPx={36} />}
      {list.error && !list.data && (
        <ErrorPanel error={list.error as unknown as Error} what={t`The list`} retry={() => void list.refetch()} />
      )}
      {list.data &&
        rows.length === 0 &&
        !list.hasNextPage &&
        (isFiltered ? <NoMatch clear={() => void navigate({ to: '.', search: {} })} /> : <NeverUsed />)}
      {list.data && (rows.length > 0 || list.hasNextPage) && (
        <DataTable
          label={t`Generations`}
          columns={columns}
          rows={rows}
          rowId={({ id }) => id}
          hasMore={list.hasNextPage}
          loadMore={() => void list.fetchNextPage()}
          isLoadingMore={list.isFetchingNextPage}
          isStale={list.isPlaceholderData}
          onVisible={setVisible}
          bulk={mayWrite ? (chosen, clear) => <CancelChosen chosen={chosen} done={clear} /> : undefined}
        />
      )}
    </Page>
  );
}

function filtersOf(search: Record<string, unknown>): Filters {
  const { state, model, tier, project, label } = search;
  return {
    ...(GENERATION_STATES.includes(state as GenerationState) && { state: state as GenerationState }),
    ...(typeof model === 'string' && { model }),
    ...(SERVICE_TIERS.includes(tier as ServiceTier) && { tier: tier as ServiceTier }),
    ...(typeof project === 'string' && { project }),
    ...(typeof label === 'string' && { label }),
  };
}

function withChanged(data: Pages, changed: Generation): Pages {
  return {
    ...data,
    pages: data.pages.map((page) =>
      page.generations.some(({ id }) => id === changed.id)
        ? { ...page, generations: page.generations.map((one) => (one.id === changed.id ? changed : one)) }
        : page,
    ),
  };
}

/**
 * An answer that was on its way while an event came is older than the event: what it says of that generation is left out.
 * Equal pages stay the same object: a new one on each render would render without end.
 */
function keepNewer(before: Pages | undefined, after: Pages): Pages {
  const known = new Map(before?.pages.flatMap(({ generations }) => generations.map((one) => [one.id, one] as const)));
  return replaceEqualDeep(before, {
    ...after,
    pages: after.pages.map((page) => ({ ...page, generations: page.generations.map((one) => newerOf(known.get(one.id), one)) })),
  });
}

function useColumns(): Column<Generation>[] {
  const { t } = useLingui();
  const scope = useScope();
  return [
    {
      id: 'prompt',
      header: t`Prompt`,
      isKey: true,
      cell: (one) => (
        <Link to={scope.path(`/generations/${one.id}`)} className={styles.prompt}>
          {one.assets ? (
            <img src={one.assets.image} alt="" loading="lazy" className={styles.thumb} />
          ) : (
            <span className={styles.thumb} aria-hidden />
          )}
          <span>{promptOf(one)}</span>
        </Link>
      ),
    },
    { id: 'state', header: t`State`, widthPx: 130, isKey: true, cell: ({ state }) => <StateChip state={state} /> },
    { id: 'model', header: t`Model`, widthPx: 130, cell: ({ model }) => model },
    { id: 'tier', header: t`Tier`, widthPx: 110, cell: ({ serviceTier }) => t(tierWord[serviceTier]) },
    { id: 'price', header: t`Credits`, widthPx: 110, align: 'end', cell: ({ cost }) => <Credits value={cost.priceCredits} /> },
    { id: 'created', header: t`Created`, widthPx: 150, isKey: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
}

function FilterBar({
  filters,
  filter,
}: {
  filters: Filters;
  filter(change: { [Name in keyof Filters]: string | null | undefined }): void;
}) {
  const { t } = useLingui();
  const word = useStateWord();
  const scope = useScope();
  const [label, setLabel] = useState(filters.label ?? '');
  const applyLabel = () => label.trim() !== (filters.label ?? '') && filter({ label: label.trim() });
  return (
    <form className={styles.filters} aria-label={t`Filters`} onSubmit={(event) => event.preventDefault()}>
      <Select
        label={t`State`}
        placeholder={t`Any state`}
        clearable
        data={GENERATION_STATES.map((value) => ({ value, label: word(value) }))}
        value={filters.state ?? null}
        onChange={(state) => filter({ state })}
        clearButtonProps={{ 'aria-label': t`Clear state` }}
      />
      <Select
        label={t`Model`}
        placeholder={t`Any model`}
        clearable
        data={MODEL_NAMES}
        value={filters.model ?? null}
        onChange={(model) => filter({ model })}
        clearButtonProps={{ 'aria-label': t`Clear model` }}
      />
      <Select
        label={t`Tier`}
        placeholder={t`Any tier`}
        clearable
        data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
        value={filters.tier ?? null}
        onChange={(tier) => filter({ tier })}
        clearButtonProps={{ 'aria-label': t`Clear tier` }}
      />
      {scope.may('projects:read') && <ProjectSelect value={filters.project} choose={(project) => filter({ project })} />}
      <TextInput
        label={t`Label`}
        placeholder="campaign:spring"
        value={label}
        onChange={({ currentTarget }) => setLabel(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Enter' && applyLabel()} // a form of several fields has no implicit submission
        onBlur={applyLabel}
      />
    </form>
  );
}

function ProjectSelect({ value, choose }: { value: string | undefined; choose(id: string | null): void }) {
  const { t } = useLingui();
  const { data } = useQuery(listProjectsOptions());
  return (
    <Select
      label={t`Project`}
      placeholder={t`Any project`}
      clearable
      searchable
      data={data?.projects.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      value={value ?? null}
      onChange={choose}
      clearButtonProps={{ 'aria-label': t`Clear project` }}
    />
  );
}

function NoMatch({ clear }: { clear(): void }) {
  const { t } = useLingui();
  return (
    <Empty
      title={t`No generation fits these filters`}
      action={
        <Button variant="default" onClick={clear}>
          <Trans>Clear filters</Trans>
        </Button>
      }
    >
      <Trans>There are others that they leave out.</Trans>
    </Empty>
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

/** One request each: what has ended meanwhile is refused by itself and says so. */
function CancelChosen({ chosen, done }: { chosen: readonly Generation[]; done(): void }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const [isPending, setPending] = useState(false);
  const unfinished = chosen.filter(({ finishedAt }) => finishedAt === null);
  const cancelAll = async () => {
    setPending(true);
    const outcomes = await Promise.allSettled(unfinished.map(({ id }) => cancelGeneration({ path: { id } })));
    const cancelled = outcomes.filter(({ status }) => status === 'fulfilled').length;
    notifications.show({ message: t`Cancelled ${cancelled} of ${unfinished.length} generations` });
    setPending(false);
    setAsked(false);
    done();
    void client.invalidateQueries();
  };
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)} disabled={unfinished.length === 0}>
        <Trans>Cancel generations</Trans>
      </Button>
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Cancel ${unfinished.length} generations`}
        verb={t`Cancel generations`}
        confirm={() => void cancelAll()}
        isPending={isPending}
      >
        <Trans>They stop where they are, and what they held is released.</Trans>
      </ConfirmDialog>
    </>
  );
}
