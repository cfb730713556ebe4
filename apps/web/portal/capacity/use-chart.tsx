import { useLingui } from '@lingui/react/macro';
import { lazy, Suspense, useMemo } from 'react';
import type { GetLaneUseResponse } from '#sdk/types.gen';
import { Loading } from '#web/parts/states/loading';
import { unitsUsedPct } from '#web/portal/capacity/units-used';

const Chart = lazy(() => import('#web/parts/chart/chart'));

const KINDS = ['own', 'lent', 'shared', 'flex', 'idle'] as const;

/** Lanes in use by kind, and how much of one’s own units that is. */
export function UseChart({ use }: { use: GetLaneUseResponse }) {
  const { t } = useLingui();
  const words: Record<(typeof KINDS)[number], string> = {
    own: t`own units`,
    lent: t`borrowed units`,
    shared: t`shared lanes`,
    flex: t`flex`,
    idle: t`own units idle or lent`,
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words change with the language, and the whole page with it
  const { times, series, percentages } = useMemo(() => {
    const startsS = Date.parse(use.from) / 1_000;
    return {
      times: use.own.map((_, at) => startsS + at * use.stepS),
      series: KINDS.map((kind) => ({ label: words[kind], colour: `--${kind}`, values: use[kind] })),
      percentages: [{ label: t`own units in use, %`, colour: '--own', values: unitsUsedPct(use) }],
    };
  }, [use]);
  const peak = (kind: (typeof KINDS)[number]) => Math.max(0, ...use[kind].map((value) => value ?? 0));
  const [own, lent, shared] = [peak('own'), peak('lent'), peak('shared')].map((value) => value.toFixed(1));
  const known = (percentages[0]?.values ?? []).filter((value) => value !== null);
  const meanPct = known.length === 0 ? 0 : Math.round(known.reduce((sum, value) => sum + value, 0) / known.length);
  return (
    <Suspense fallback={<Loading lines={5} heightPx={36} />}>
      <Chart
        title={t`Lanes in use`}
        summary={t`At most ${own} own, ${lent} borrowed and ${shared} shared lanes at once.`}
        times={times}
        series={series}
        isStacked
      />
      <Chart
        title={t`Own units in use, %`}
        summary={t`${meanPct} % of your units were in use on average.`}
        times={times}
        series={percentages}
        heightPx={140}
      />
    </Suspense>
  );
}
