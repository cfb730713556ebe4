import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { getLaneUse } from '#sdk/sdk.gen';
import { MAX_TABLE_ROWS } from '#web/admin/live/lane-table';
import { LANE_WORDS } from '#web/admin/live/lane-words';
import type { LanesSource } from '#web/admin/live/lanes-source';
import { pointsOf, STACKED } from '#web/admin/live/use-points';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const UseChart = lazy(() => import('#web/admin/live/use-chart'));

const RANGES_MIN = { '15m': 15, '1h': 60, '6h': 360, '24h': 1_440 } as const;
type Range = keyof typeof RANGES_MIN;
/** Blocks of the finest series come this often. */
const READ_USE_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;

/** What the lanes of a pool class were used for, with what is kept and what comes now. */
export function UseOverTime({
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
