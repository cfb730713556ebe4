import { useLingui } from '@lingui/react/macro';
import { lazy, Suspense, useMemo } from 'react';
import { useCalendar } from '#web/admin/order-book/calendar-query';
import { Panel } from '#web/admin/panel/panel';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { useLanguage } from '#web/parts/words/language';

const Chart = lazy(() => import('#web/parts/chart/chart'));

/** What exists on each day, what of it is sold and kept in reserve, and what is free; with the phases that make it grow. */
export function Calendar({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const { data, error, refetch } = useCalendar(poolClass);
  const language = useLanguage();
  const count = (units: number | undefined) => units?.toLocaleString(language) ?? '–';
  const stretches = useMemo(() => data?.stretches ?? [], [data]);
  // A step keeps its value until the next one begins.
  const drawn = useMemo(() => {
    const ends = stretches.flatMap(({ startsOn, endsOn }) => [Date.parse(startsOn) / 1_000, Date.parse(endsOn) / 1_000 - 1]);
    const twice = (values: (number | undefined)[]) => values.flatMap((value) => [value ?? null, value ?? null]);
    return {
      times: ends,
      series: [
        { label: t`capacity`, colour: '--quiet', values: twice(stretches.map((one) => one.capacityUnits)) },
        { label: t`sold`, colour: '--own', values: twice(stretches.map((one) => one.soldUnits)) },
        { label: t`free`, colour: '--lent', values: twice(stretches.map((one) => one.freeUnits)) },
        { label: t`reserve`, colour: '--shared', values: twice(stretches.map((one) => one.reserveUnits)) },
      ],
    };
  }, [stretches, t]);
  const phaseOn = (day: string) =>
    (data?.phases ?? [])
      .filter(({ powersOn }) => powersOn === day)
      .map(({ siteId, nodes, lanesPerNode }) => t`${siteId}: ${count(nodes)} nodes of ${lanesPerNode} lanes`)
      .join(', ') || '–';
  const most = Math.max(0, ...stretches.map((one) => one.capacityUnits ?? 0));
  return (
    <Panel
      id="calendar"
      title={t`Calendar`}
      metric="halogen_sold_units"
      csv={() => [
        ['from', 'until', 'capacity', 'sold', 'reserve', 'free'],
        ...stretches.map((one) => [
          one.startsOn,
          one.endsOn,
          one.capacityUnits ?? null,
          one.soldUnits ?? null,
          one.reserveUnits ?? null,
          one.freeUnits,
        ]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`The calendar`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={6} />}
      {stretches.length > 0 && (
        <>
          <Suspense fallback={<Loading lines={6} />}>
            <Chart
              title={t`Units by day`}
              summary={t`Capacity, sold, free and reserve units on each day; at most ${most} units.`}
              {...drawn}
            />
          </Suspense>
          <PlainTable
            label={t`Stretches of days`}
            heads={[t`From`, t`Until`, t`Capacity`, t`Sold`, t`Reserve`, t`Free`, t`Phase`]}
            rows={stretches.map((one) => [
              one.startsOn,
              one.endsOn,
              count(one.capacityUnits),
              count(one.soldUnits),
              count(one.reserveUnits),
              count(one.freeUnits),
              phaseOn(one.startsOn),
            ])}
          />
        </>
      )}
    </Panel>
  );
}
