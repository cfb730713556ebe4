import { useLingui } from '@lingui/react/macro';
import { useComputedColorScheme } from '@mantine/core';
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from 'react';
import {
  blocksOf,
  cellPxFor,
  layOut,
  MAX_LANES_DRAWN,
  neighbour,
  type SiteLayout,
  slotNumber,
  stateNumber,
} from '#web/admin/live/lane-layout';
import { LanePainter } from '#web/admin/live/lane-painter';
import { LANE_WORDS } from '#web/admin/live/lane-words';
import type { LanesNow } from '#web/admin/live/lanes-feed';
import type { LanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';

/** Nodes and lanes are put in order anew this often: in between a lane keeps its place, so that one sees it change. */
const ORDER_EVERY_MS = 15_000;
/** A screen reader is not told more often. */
const SAY_EVERY_MS = 5_000;
const KEYS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End']);

interface LaneMapProps {
  source: LanesSource;
  siteId: string;
  node: string | undefined;
  /** Enter or a click on a lane. */
  choose(nodeId: string): void;
}

/** The lanes of one site as cells of a canvas; a grid of one tab stop that arrows move in. */
export function LaneMap({ source, siteId, node, choose }: LaneMapProps) {
  const { t } = useLingui();
  const scheme = useComputedColorScheme('light');
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ring = useRef<HTMLDivElement>(null);
  const card = useRef<HTMLParagraphElement>(null);
  const layout = useRef<SiteLayout>({ cellPx: 8, heightPx: 0, drawn: [] });
  const at = useRef(0);
  const [isEmpty, setEmpty] = useState(false);

  const sentenceOf = (lanes: LanesNow): string => {
    const counts = countStates(lanes, layout.current);
    const parts = Object.entries(LANE_WORDS)
      .filter(([state]) => counts[state])
      .map(([state, { word }]) => `${counts[state]} ${t(word)}`)
      .join(', ');
    return t`Site ${siteId}: ${layout.current.drawn.length} lanes, ${parts}`;
  };
  const nameOf = (index: number): string => {
    const lanes = source.current;
    const drawn = layout.current.drawn[index];
    if (!lanes || !drawn) return '';
    const cell = lanes.cells[drawn.place] ?? 0;
    const word = LANE_WORDS[lanes.states[stateNumber(cell)] ?? 'away']?.word;
    const tenant = lanes.slots.get(slotNumber(cell))?.name;
    const what = word ? t(word) : '';
    return tenant ? t`Node ${drawn.nodeId}, lane ${drawn.lane}: ${what}, ${tenant}` : t`Node ${drawn.nodeId}, lane ${drawn.lane}: ${what}`;
  };
  const show = (index: number) => {
    at.current = index;
    const drawn = layout.current.drawn[index];
    const cell = ring.current;
    if (!drawn || !cell) return;
    const side = layout.current.cellPx - 1;
    Object.assign(cell.style, { left: `${drawn.x}px`, top: `${drawn.y}px`, width: `${side}px`, height: `${side}px` });
    const name = nameOf(index);
    cell.setAttribute('aria-label', name);
    if (card.current) card.current.textContent = name;
  };
  const latest = useRef({ sentenceOf, show });
  latest.current = { sentenceOf, show };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read
  useEffect(() => {
    const element = canvas.current;
    const area = box.current;
    if (!element || !area) return;
    const painter = new LanePainter(element);
    let orderedMs = Number.NEGATIVE_INFINITY;
    let saidMs = Number.NEGATIVE_INFINITY;
    const order = (lanes: LanesNow) => {
      orderedMs = performance.now();
      const widthPx = area.clientWidth;
      const blocks = blocksOf(lanes.ranges).filter((block) => block.siteId === siteId && (node === undefined || block.nodeId === node));
      const total = lanes.cells.length;
      const cellPx = node === undefined ? cellPxFor(total) : 24;
      layout.current = layOut(blocks, lanes.cells, widthPx, { cellPx, isByNode: total > MAX_LANES_DRAWN && node === undefined });
      painter.reset(layout.current, widthPx, lanes.states);
      setEmpty(layout.current.drawn.length === 0);
    };
    const paint = (lanes: LanesNow) => {
      painter.paint(lanes.cells);
      latest.current.show(Math.min(at.current, Math.max(0, layout.current.drawn.length - 1)));
      if (performance.now() - saidMs < SAY_EVERY_MS) return;
      saidMs = performance.now();
      element.setAttribute('aria-label', latest.current.sentenceOf(lanes));
    };
    const isHeld = () => area.contains(document.activeElement) || area.matches(':hover');
    const stop = source.follow({
      onPicture: (lanes) => {
        order(lanes);
        saidMs = Number.NEGATIVE_INFINITY;
        paint(lanes);
      },
      onChange: (lanes) => {
        if (performance.now() - orderedMs > ORDER_EVERY_MS && !isHeld()) order(lanes);
        paint(lanes);
      },
    });
    const observer = new ResizeObserver(() => {
      if (!source.current || area.clientWidth === Number.parseInt(element.style.width, 10)) return;
      order(source.current);
      paint(source.current);
    });
    observer.observe(area);
    return () => {
      stop();
      observer.disconnect();
    };
  }, [source, siteId, node, scheme]);

  const press = (event: KeyboardEvent) => {
    const drawn = layout.current.drawn[at.current];
    if (event.key === 'Enter' && drawn) choose(drawn.nodeId);
    if (!KEYS.has(event.key)) return;
    event.preventDefault();
    show(neighbour(layout.current, at.current, event.key));
  };
  const indexUnder = ({ clientX, clientY }: MouseEvent): number => {
    const corner = canvas.current?.getBoundingClientRect();
    const { drawn, cellPx } = layout.current;
    const x = clientX - (corner?.left ?? 0);
    const y = clientY - (corner?.top ?? 0);
    return drawn.findIndex((cell) => x >= cell.x && x < cell.x + cellPx && y >= cell.y && y < cell.y + cellPx);
  };
  const point = (event: MouseEvent) => {
    const index = indexUnder(event);
    if (index >= 0) show(index);
  };
  const click = (event: MouseEvent) => {
    const drawn = layout.current.drawn[indexUnder(event)];
    if (drawn) choose(drawn.nodeId);
  };
  const ringId = `lane-of-${siteId}`;
  return (
    <div className={styles.map} ref={box}>
      <canvas ref={canvas} role="img" aria-label={t`Lanes of ${siteId}`} />
      {/* biome-ignore lint/a11y/useSemanticElements: thousands of cells are no table */}
      <div
        className={styles.grid}
        role="grid"
        tabIndex={0}
        aria-label={t`Lanes of ${siteId}, moved through with arrows`}
        aria-activedescendant={ringId}
        aria-describedby={`${ringId}-card`}
        onKeyDown={press}
        onMouseMove={point}
        onClick={click}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: the same */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and names its active cell */}
        <div role="row">
          {/* biome-ignore lint/a11y/useSemanticElements: the same */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: the same */}
          <div role="gridcell" id={ringId} ref={ring} className={styles.ring} aria-label={t`Lane`} />
        </div>
      </div>
      <p ref={card} id={`${ringId}-card`} className={styles.card} />
      {isEmpty && <p className={styles.card}>{t`This site has no such node.`}</p>}
    </div>
  );
}

export function countStates({ states, cells }: LanesNow, layout?: SiteLayout): Record<string, number> {
  const counts = new Uint32Array(states.length);
  const count = (cell: number) => {
    const state = stateNumber(cell);
    counts[state] = (counts[state] ?? 0) + 1;
  };
  if (layout) for (const { place } of layout.drawn) count(cells[place] ?? 0);
  else for (const cell of cells) count(cell);
  return Object.fromEntries(states.map((state, at) => [state, counts[at] ?? 0]));
}
