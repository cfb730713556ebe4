import 'uplot/dist/uPlot.min.css';
import { useLingui } from '@lingui/react/macro';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import type { GetLaneUseResponse } from '#sdk/types.gen';
import { countStates } from '#web/admin/live/lane-map';
import { LaneSign } from '#web/admin/live/lane-sign';
import { LANE_WORDS } from '#web/admin/live/lane-words';
import type { LanesNow } from '#web/admin/live/lanes-feed';
import type { LanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';
import { pointsOf, STACKED, stackedSums, type UseCounts } from '#web/admin/live/use-points';

const HEIGHT_PX = 240;
/** Seconds seen since the page was opened, each as it was seen last; what is older has been kept by then. */
const MAX_SEEN = 120;
const MIN_DRAG_PX = 8;

interface UseChartProps {
  kept: GetLaneUseResponse | undefined;
  /** Goes on with these while the chart ends now. */
  source: LanesSource | undefined;
  soldUnits: number | undefined;
  /** Marks the moment that the map shows. */
  at: string | undefined;
  zoom(from: string, to: string): void;
  pick(at: string): void;
}

/** Lanes by use over time, stacked from zero, with the sold and the physical line. Drag to zoom, click to see that moment. */
export default function UseChart({ kept, source, soldUnits, at, zoom, pick }: UseChartProps) {
  const { t } = useLingui();
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const latest = useRef({ zoom, pick });
  latest.current = { zoom, pick };
  const keptNow = useRef(kept);
  keptNow.current = kept;
  const redraw = useRef<() => void>(() => {});
  const sentence = (peak: number) => t`Lanes by use over time in UTC, stacked: own, lent, shared, flex and idle. At most ${peak} lanes.`;
  const say = useRef(sentence);
  say.current = sentence;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = getComputedStyle(document.documentElement);
    const colourOf = (name: string) => look.getPropertyValue(name).trim();
    const axis = {
      stroke: colourOf('--quiet'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
      font: '12px Inter Variable',
    };
    const seen: { atS: number; counts: UseCounts }[] = [];
    let lanes = source?.current?.cells.length ?? 0;
    const plot = new UPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
        cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.05, 1)] } },
        axes: [
          { ...axis, values: hours },
          { ...axis, size: 56 },
        ],
        series: [
          {},
          ...[...STACKED]
            .reverse()
            .map((kind) => ({ label: kind, fill: colourOf(`--${kind}`), stroke: colourOf('--page'), width: 1, points: { show: false } })),
          { label: 'physical', stroke: colourOf('--quiet'), width: 1, dash: [2, 3], points: { show: false } },
          { label: 'sold', stroke: colourOf('--ink'), width: 2, dash: [8, 4], points: { show: false } },
        ],
        hooks: {
          setSelect: [
            ({ select, posToVal }) => {
              if (select.width < MIN_DRAG_PX) return;
              latest.current.zoom(isoAt(posToVal(select.left, 'x')), isoAt(posToVal(select.left + select.width, 'x')));
            },
          ],
          draw: [(drawn) => markAt(drawn, at, colourOf('--link'))],
        },
      },
      [[], ...Array.from({ length: STACKED.length + 2 }, () => [])] as unknown as UPlot.AlignedData,
      element,
    );
    const draw = () => {
      const points = pointsOf(keptNow.current, source ? seen : []);
      const sums = stackedSums(points);
      const line = (value: number | undefined) => points.times.map(() => value ?? null);
      plot.setData([
        points.times,
        ...[...STACKED].reverse().map((kind) => sums[kind]),
        line(lanes || undefined),
        line(soldUnits || undefined),
      ]);
      element.setAttribute('aria-label', say.current(Math.round(Math.max(0, ...sums.idle.map((value) => value ?? 0)))));
    };
    redraw.current = draw;
    const look1 = (now: LanesNow) => {
      lanes = now.cells.length;
      const { own = 0, lent = 0, shared = 0, flex = 0, idle = 0 } = countStates(now);
      const atS = Math.round(Date.now() / 1_000);
      if (seen.at(-1)?.atS === atS) seen.pop();
      seen.push({ atS, counts: { own, lent, shared, flex, idle } });
      if (seen.length > MAX_SEEN) seen.shift();
      draw();
    };
    draw();
    const stop = source?.follow({ onPicture: look1, onChange: look1 });
    const over = plot.over;
    let pressedX = 0;
    const press = ({ clientX }: MouseEvent) => {
      pressedX = clientX;
    };
    const release = ({ clientX, offsetX }: MouseEvent) => {
      if (Math.abs(clientX - pressedX) < MIN_DRAG_PX) latest.current.pick(isoAt(plot.posToVal(offsetX, 'x')));
    };
    over.addEventListener('mousedown', press);
    over.addEventListener('mouseup', release);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      stop?.();
      observer.disconnect();
      plot.destroy();
    };
  }, [source, soldUnits, scheme, at]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew with what was read
  useEffect(() => redraw.current(), [kept]);
  return (
    <>
      <div ref={place} className={styles.plot} role="img" aria-label={t`Lanes by use over time`} />
      <ul className={styles.legend}>
        {STACKED.map((kind) => (
          <li key={kind}>
            <LaneSign state={kind} />
            {t(LANE_WORDS[kind]?.word ?? { id: kind })}
          </li>
        ))}
        <li>
          <span aria-hidden>┅</span> {t`sold now`}
        </li>
        <li>
          <span aria-hidden>┈</span> {t`physical now`}
        </li>
      </ul>
    </>
  );
}

const isoAt = (seconds: number): string => new Date(Math.round(seconds) * 1_000).toISOString();

/** Hours and minutes of UTC, and the day where one begins. */
function hours(_plot: UPlot, splits: number[]): string[] {
  return splits.map((seconds) => {
    const iso = new Date(seconds * 1_000).toISOString();
    return seconds % 86_400 === 0
      ? iso.slice(5, 10)
      : iso.slice(11, splits.length > 1 && (splits[1] as number) - (splits[0] as number) < 60 ? 19 : 16);
  });
}

function markAt({ ctx, bbox, valToPos }: UPlot, at: string | undefined, colour: string): void {
  if (at === undefined) return;
  const x = Math.round(valToPos(Date.parse(at) / 1_000, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.fillStyle = colour;
  ctx.fillRect(x - 1, bbox.top, 2, bbox.height);
  ctx.restore();
}
