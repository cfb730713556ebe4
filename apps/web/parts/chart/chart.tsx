import 'uplot/dist/uPlot.min.css';
import { Trans } from '@lingui/react/macro';
import { Button, Table, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import styles from '#web/parts/chart/chart.module.css';

export interface Series {
  label: string;
  /** A colour variable such as `--own`. */
  colour: string;
  values: readonly (number | null)[];
}

/** Between lines of what comes in whole pieces. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

interface ChartProps {
  title: string;
  /** One sentence that gives the numbers, for those who do not see the picture. */
  summary: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  series: readonly Series[];
  /** Areas on top of each other, from the first below. Nothing is added up for uPlot, so it is done here. */
  isStacked?: boolean;
  heightPx?: number;
}

/** A series over time, from zero, in UTC, repainted when the scheme changes; the same numbers as a table on demand. */
export default function Chart({ title, summary, times, series, isStacked = false, heightPx = 220 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isTable, setTable] = useState(false);
  const scheme = useComputedColorScheme('light');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read
  useEffect(() => {
    const element = place.current;
    if (!element || isTable) return;
    const colourOf = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = {
      stroke: colourOf('--quiet'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
      font: '12px Inter Variable',
    };
    const isWhole = series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
    const drawn = isStacked ? stacked(series) : series;
    const plot = new UPlot(
      {
        width: element.clientWidth,
        height: heightPx,
        legend: { show: false },
        tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
        fmtDate: (template) => UPlot.fmtDate(in24Hours(template)),
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.05, 1)] } },
        axes: [axis, { ...axis, size: 56, ...(isWhole && { incrs: WHOLE_STEPS }) }],
        series: [
          {},
          ...drawn.map(({ label, colour }) => ({
            label,
            stroke: isStacked ? colourOf('--page') : colourOf(colour),
            width: isStacked ? 1 : 2,
            ...(isStacked && { fill: colourOf(colour) }),
          })),
        ],
      },
      [times as number[], ...drawn.map(({ values }) => values as number[])],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, series, isStacked, isTable, heightPx, scheme]);
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <span>{title}</span>
        <ul className={styles.legend}>
          {series.map(({ label, colour }) => (
            <li key={label}>
              <span aria-hidden style={{ background: `var(${colour})` }} />
              {label}
            </li>
          ))}
        </ul>
        <Button variant="default" size="compact-sm" onClick={() => setTable(!isTable)} aria-pressed={isTable}>
          {isTable ? <Trans>View as chart</Trans> : <Trans>View as table</Trans>}
        </Button>
      </figcaption>
      {isTable ? (
        <AsTable title={title} times={times} series={series} />
      ) : (
        <div ref={place} role="img" aria-label={`${title}. ${summary}`} style={{ height: heightPx }} />
      )}
    </figure>
  );
}

/** uPlot's own templates of the axis have `2:05pm` and `11/24/26`. */
function in24Hours(template: string): string {
  return template
    .replace('{h}:{mm}{aa}', '{HH}:{mm}')
    .replace('{h}{aa}', '{HH}:00')
    .replace('{M}/{D}', '{D} {MMM}')
    .replace('/{YY}', ' {YYYY}');
}

/** uPlot draws the last series first when they are given from the top of the stack down. */
function stacked(series: readonly Series[]): Series[] {
  const sums: number[] = [];
  const layers = series.map((one) => ({
    ...one,
    values: one.values.map((value, at) => {
      sums[at] = (sums[at] ?? 0) + (value ?? 0);
      return sums[at];
    }),
  }));
  return layers.reverse();
}

function AsTable({ title, times, series }: Pick<ChartProps, 'title' | 'times' | 'series'>) {
  return (
    <section className={styles.table} tabIndex={0} aria-label={title}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">UTC</Table.Th>
            {series.map(({ label }) => (
              <Table.Th key={label} scope="col">
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {times.map((seconds, at) => (
            <Table.Tr key={seconds}>
              <Table.Th scope="row">{new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')}</Table.Th>
              {series.map(({ label, values }) => (
                <Table.Td key={label}>{values[at] ?? '–'}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
