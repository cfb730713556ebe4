import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { getLaneUse } from '#sdk/sdk.gen';
import { slotNumber, stateNumber } from '#web/admin/live/lane-layout';
import { countStates, LaneMap } from '#web/admin/live/lane-map';
import { LaneSign } from '#web/admin/live/lane-sign';
import { LANE_WORDS } from '#web/admin/live/lane-words';
import { type LanesSource, useLanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';
import { pointsOf, STACKED } from '#web/admin/live/use-points';
import { Panel } from '#web/admin/panel/panel';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useUrl } from '#web/admin/panel/search';
import { formatInstant } from '#web/parts/figures/format';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { useLanguage } from '#web/parts/words/language';

const UseChart = lazy(() => import('#web/admin/live/use-chart'));

const RANGES_MIN = { '15m': 15, '1h': 60, '6h': 360, '24h': 1_440 } as const;
type Range = keyof typeof RANGES_MIN;
/** Blocks of the finest series come this often. */
const READ_USE_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
const KEPT_MINUTES = 24 * 60;
/** Rows of a table that a person reads; the CSV has all. */
const MAX_TABLE_ROWS = 500;

/** Every lane of a pool class: what it does, for whom, and what lanes were used for. Of now, or of a moment of the last day. */
export function LivePage() {
  const { t } = useLingui();
  const [{ pool, at, site, node }, change] = useUrl();
  const pools = usePoolClasses();
  const poolClass = pool ?? pools.data?.[0]?.poolClass;
  return (
    <Page title={t`Live`}>
      {pools.error && <ErrorPanel error={pools.error} what={t`Pool classes`} retry={pools.retry} />}
      {pools.isPending && <Loading lines={8} />}
      {pools.data?.length === 0 && <Empty title={t`No pool class yet`}>{t`Lanes are shown as soon as a pool class has nodes.`}</Empty>}
      {poolClass && (
        <Pool
          key={poolClass}
          poolClass={poolClass}
          poolClasses={pools.data?.map((one) => one.poolClass) ?? [poolClass]}
          soldUnits={pools.data?.find((one) => one.poolClass === poolClass)?.soldUnits}
          {...{ at, site, node, change }}
        />
      )}
    </Page>
  );
}

interface PoolProps {
  poolClass: string;
  poolClasses: readonly string[];
  soldUnits: number | undefined;
  at: string | undefined;
  site: string | undefined;
  node: string | undefined;
  change: ReturnType<typeof useUrl>[1];
}

function Pool({ poolClass, poolClasses, soldUnits, at, site, node, change }: PoolProps) {
  const { t } = useLingui();
  const { source, isShown, pausedSinceMs } = useLanesSource(poolClass, at);
  const sites = isShown ? [...new Set(source.current?.ranges.map(({ siteId }) => siteId))] : [];
  const shownSites = sites.filter((one) => site === undefined || one === site);
  return (
    <>
      <div className={styles.bar}>
        <NativeSelect
          label={t`Pool class`}
          data={[...poolClasses]}
          value={poolClass}
          onChange={({ currentTarget }) => change({ pool: currentTarget.value, site: null, node: null })}
        />
        <NativeSelect
          label={t`Site`}
          data={[{ value: '', label: t`All sites` }, ...sites]}
          value={site ?? ''}
          onChange={({ currentTarget }) => change({ site: currentTarget.value, node: null })}
        />
        {node && (
          <Button variant="default" onClick={() => change({ node: null, site: site ?? null })}>
            <Trans>Show all nodes</Trans>
          </Button>
        )}
      </div>
      <Past at={at} change={change} />
      {pausedSinceMs !== undefined && at === undefined && (
        <p role="status">
          <Trans>Lanes are not live since {new Date(pausedSinceMs).toISOString().slice(11, 19)} UTC, reconnecting</Trans>
        </p>
      )}
      {pausedSinceMs !== undefined && at !== undefined && (
        <p role="status">
          <Trans>No picture is kept of that moment.</Trans>
        </p>
      )}
      <Panel
        id="lanes"
        title={t`Lanes`}
        metric="halogen_lanes"
        csv={() => [['site', 'node', 'lane', 'state', 'tenant'], ...laneRows(source)]}
        table={() => <LaneTable source={source} isShown={isShown} />}
      >
        <Counts source={source} />
        {!isShown && pausedSinceMs === undefined && <Loading lines={6} />}
        {shownSites.map((siteId) => (
          <section key={siteId} className={styles.site} aria-label={t`Site ${siteId}`}>
            <Title order={3}>
              {siteId}
              {node && ` › ${node}`}
            </Title>
            <LaneMap source={source} siteId={siteId} node={node} choose={(nodeId) => change({ site: siteId, node: nodeId })} />
          </section>
        ))}
      </Panel>
      <UseOverTime poolClass={poolClass} soldUnits={soldUnits} source={at === undefined ? source : undefined} at={at} />
    </>
  );
}

/** How many lanes do what. The figures change in place. */
function Counts({ source }: { source: LanesSource }) {
  const { t } = useLingui();
  const list = useRef<HTMLDListElement>(null);
  useEffect(() => {
    const show = () => {
      const counts = source.current ? countStates(source.current) : {};
      for (const figure of list.current?.querySelectorAll<HTMLElement>('[data-state]') ?? []) {
        figure.textContent = (counts[figure.dataset.state ?? ''] ?? 0).toLocaleString('en');
      }
    };
    return source.follow({ onPicture: show, onChange: show });
  }, [source]);
  return (
    <dl className={styles.counts} ref={list} aria-label={t`Lanes by state`}>
      {Object.entries(LANE_WORDS).map(([state, { word }]) => (
        <div key={state}>
          <dt>
            <LaneSign state={state} />
            {t(word)}
          </dt>
          <dd data-state={state}>–</dd>
        </div>
      ))}
    </dl>
  );
}

/** Which moment is shown: now, or one of the last day. */
function Past({ at, change }: { at: string | undefined; change: PoolProps['change'] }) {
  const { t } = useLingui();
  const language = useLanguage();
  const [now] = useState(() => Math.floor(Date.now() / MINUTE_MS));
  const [draft, setDraft] = useState<number>();
  const minute = draft ?? (at === undefined ? KEPT_MINUTES : Math.round(Date.parse(at) / MINUTE_MS) - now + KEPT_MINUTES);
  const instant = new Date((now - KEPT_MINUTES + minute) * MINUTE_MS);
  const text = minute >= KEPT_MINUTES ? t`Now` : formatInstant(instant, new Date(), language);
  const commit = () => {
    if (draft !== undefined) change({ at: draft >= KEPT_MINUTES ? null : instant.toISOString() });
    setDraft(undefined);
  };
  return (
    <div className={styles.past}>
      <label className={styles.slider}>
        <span>
          <Trans>Moment shown</Trans>: <strong>{text}</strong>
        </span>
        <input
          type="range"
          min={0}
          max={KEPT_MINUTES}
          value={minute}
          aria-valuetext={text}
          onChange={({ currentTarget }) => setDraft(Number(currentTarget.value))}
          onPointerUp={commit}
          onKeyUp={commit}
          onBlur={commit}
        />
      </label>
      {at !== undefined && (
        <Button variant="default" onClick={() => change({ at: null })}>
          <Trans>Back to now</Trans>
        </Button>
      )}
    </div>
  );
}

function UseOverTime({
  poolClass,
  soldUnits,
  source,
  at,
}: {
  poolClass: string;
  soldUnits: number | undefined;
  source: LanesSource | undefined;
  at: string | undefined;
}) {
  const { t } = useLingui();
  const [{ range: asked, from, to }, change] = useUrl();
  const range: Range = asked && asked in RANGES_MIN ? (asked as Range) : '1h';
  const {
    data: kept,
    error,
    refetch,
  } = useQuery({
    queryKey: ['lane-use', poolClass, range, from, to],
    queryFn: async ({ signal }) => {
      const end = to ?? new Date().toISOString();
      const start = from ?? new Date(Date.parse(end) - RANGES_MIN[range] * MINUTE_MS).toISOString();
      return (await getLaneUse({ query: { poolClass, from: start, to: end }, signal, throwOnError: true })).data;
    },
    placeholderData: (before) => before,
    refetchInterval: to ? false : READ_USE_EVERY_MS,
  });
  const isZoomed = from !== undefined || to !== undefined;
  const reset = () => change({ from: null, to: null });
  useEffect(() => {
    const press = ({ key }: KeyboardEvent) => {
      if (key === 'Escape' && isZoomed && !document.querySelector('[role="dialog"]')) change({ from: null, to: null });
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  const points = () => pointsOf(kept, []);
  const rows = () => {
    const { times, columns } = points();
    return times.map((seconds, at): (string | number | null)[] => [
      new Date(seconds * 1_000).toISOString(),
      ...STACKED.map((kind) => columns[kind][at] ?? null),
    ]);
  };
  return (
    <Panel
      id="use"
      title={t`Use over time`}
      metric="halogen_lanes"
      csv={() => [['time', ...STACKED], ...rows()]}
      table={() => (
        <PlainTable
          label={t`Use over time`}
          heads={[t`Time`, ...STACKED.map((kind) => t(LANE_WORDS[kind]?.word ?? { id: kind }))]}
          rows={rows()
            .slice(-MAX_TABLE_ROWS)
            .reverse()
            .map(([time, ...counts]) => [
              String(time).slice(0, 19).replace('T', ' '),
              ...counts.map((count) => (count === null ? '–' : Math.round(Number(count)))),
            ])}
        />
      )}
      controls={
        <>
          {isZoomed && (
            <Button variant="default" size="compact-sm" onClick={reset}>
              <Trans>Reset zoom</Trans>
            </Button>
          )}
          <NativeSelect
            aria-label={t`Time range`}
            data={[
              { value: '15m', label: t`15 minutes` },
              { value: '1h', label: t`1 hour` },
              { value: '6h', label: t`6 hours` },
              { value: '24h', label: t`24 hours` },
            ]}
            value={range}
            onChange={({ currentTarget }) => change({ range: currentTarget.value, from: null, to: null })}
          />
        </>
      }
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Use over time`} retry={() => void refetch()} />}
      <Suspense fallback={<Loading lines={6} />}>
        <UseChart
          kept={kept}
          source={isZoomed ? undefined : source}
          soldUnits={soldUnits}
          at={at}
          zoom={(start, end) => change({ from: start, to: end })}
          pick={(moment) => change({ at: moment })}
        />
      </Suspense>
    </Panel>
  );
}

function laneRows({ current }: LanesSource): string[][] {
  if (!current) return [];
  const { states, slots, ranges, cells } = current;
  const rows: string[][] = [];
  let place = 0;
  for (const { siteId, nodeId, lanes } of ranges) {
    for (let lane = 1; lane <= lanes; lane += 1) {
      const cell = cells[place] ?? 0;
      rows.push([siteId, nodeId ?? '', String(lane), states[stateNumber(cell)] ?? '', slots.get(slotNumber(cell))?.name ?? '']);
      place += 1;
    }
  }
  return rows;
}

function LaneTable({ source, isShown }: { source: LanesSource; isShown: boolean }) {
  const { t } = useLingui();
  const rows = isShown ? laneRows(source) : [];
  return (
    <>
      <PlainTable label={t`Lanes`} heads={[t`Site`, t`Node`, t`Lane`, t`State`, t`Tenant`]} rows={rows.slice(0, MAX_TABLE_ROWS)} />
      <p className={styles.card}>
        {Math.min(rows.length, MAX_TABLE_ROWS) < rows.length ? (
          <Trans>
            {MAX_TABLE_ROWS} of {rows.length} shown; all are in the CSV
          </Trans>
        ) : (
          <Trans>{rows.length} shown, these are all</Trans>
        )}
      </p>
    </>
  );
}
