import { useLingui } from '@lingui/react/macro';
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import styles from '#web/parts/review/review.module.css';
import { type ReviewState, reviewStates } from '#web/parts/review/review-states';

const TILE_MIN_PX = 92;
const TILE_HEIGHT_PX = 76;
const LINES_AHEAD = 3;

interface GridResult {
  row: number;
  assets: { thumbnail: string } | null;
  openComments?: number;
}

interface ResultGridProps<Result> {
  results: readonly Result[];
  at: number;
  go(at: number): void;
  /** Left out for those whom decisions do not concern. */
  stateOf?(result: Result): ReviewState;
}

/** All results as small pictures; only those in sight are in the document. One tab stop: arrows move. */
export function ResultGrid<Result extends GridResult>({ results, at, go, stateOf }: ResultGridProps<Result>) {
  const { t } = useLingui();
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const columns = Math.max(1, Math.floor((width || TILE_MIN_PX) / TILE_MIN_PX));
  const virtual = useVirtualizer({
    count: Math.ceil(results.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE_HEIGHT_PX,
    overscan: LINES_AHEAD,
  });
  const line = Math.floor(at / columns);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the line of the current result is kept in sight
  useEffect(() => virtual.scrollToIndex(line), [line]);
  const lines = virtual.getVirtualItems();
  const isShown = lines.some(({ index }) => index === line);
  return (
    <div className={styles.gridScroller} ref={scroller}>
      <div
        ref={measured}
        role="listbox"
        aria-label={t`Results`}
        tabIndex={0}
        aria-activedescendant={isShown ? `result-${results[at]?.row}` : undefined}
        className={styles.grid}
        style={{ height: virtual.getTotalSize() }}
      >
        {lines.flatMap(({ index, start }) =>
          results.slice(index * columns, (index + 1) * columns).map((result, column) => {
            const place = index * columns + column;
            const state = stateOf?.(result);
            const decision = state && reviewStates[state];
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: arrows move in the whole page
              // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names the active one
              <div
                key={result.row}
                id={`result-${result.row}`}
                role="option"
                aria-selected={place === at}
                aria-setsize={results.length}
                aria-posinset={place + 1}
                aria-label={[t`Row ${result.row}`, ...(decision ? [t(decision.word)] : [])].join(', ')}
                data-review={state}
                className={styles.tile}
                style={{ top: start, left: `${(100 * column) / columns}%`, width: `${100 / columns}%` }}
                onClick={() => go(place)}
              >
                {result.assets && <img src={result.assets.thumbnail} alt="" loading="lazy" decoding="async" />}
                <span className={styles.mark} aria-hidden>
                  {decision?.glyph} {result.row}
                  {(result.openComments ?? 0) > 0 && ' ✎'}
                </span>
              </div>
            );
          }),
        )}
      </div>
    </div>
  );
}
