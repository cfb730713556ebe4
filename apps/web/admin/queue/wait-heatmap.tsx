import { useLingui } from '@lingui/react/macro';
import type { GetQueueResponse } from '#sdk/types.gen';
import { Panel } from '#web/admin/panel/panel';
import { waitGrid } from '#web/admin/queue/wait-grid';
import styles from '#web/admin/queue/wait-heatmap.module.css';
import { formatInstant, formatSpan } from '#web/parts/figures/format';
import { PlainTable } from '#web/parts/table/plain-table';
import { useLanguage } from '#web/parts/words/language';

const ROW_PX = 18;
const COLUMN_PX = 10;
/** The faintest that something is drawn; nothing at all is not drawn. */
const LEAST_INK = 0.12;

/** Starts by how long they waited, over time: a row is a span of waits and always named, a column is a step. */
export function WaitHeatmap({ figures }: { figures: GetQueueResponse }) {
  const { t } = useLingui();
  const language = useLanguage();
  const { boundsS, steps, stepS, from } = figures;
  const { rows, most } = waitGrid(boundsS, steps);
  const startOf = (column: number) => new Date(Date.parse(from) + column * stepS * 1_000);
  const nameOf = ({ fromS, toS }: { fromS: number; toS: number | null }) =>
    toS === null ? t`over ${formatSpan(fromS * 1_000)}` : t`up to ${formatSpan(toS * 1_000)}`;
  const starts = rows.reduce((sum, { counts }) => sum + counts.reduce((all, count) => all + count, 0), 0);
  const height = rows.length * ROW_PX;
  return (
    <Panel
      id="heatmap"
      title={t`Waits over time`}
      metric="halogen_queue_wait_seconds"
      csv={() => [
        ['from', ...rows.map(({ toS }) => (toS === null ? 'longer' : `up to ${toS} s`))],
        ...steps.map((_, column) => [startOf(column).toISOString(), ...rows.map(({ counts }) => counts[column] ?? 0)]),
      ]}
      table={() => (
        <PlainTable
          label={t`Waits over time`}
          heads={[t`From`, ...rows.map(nameOf)]}
          rows={steps.map((_, column) => [
            formatInstant(startOf(column), new Date(), language),
            ...rows.map(({ counts }) => counts[column]),
          ])}
        />
      )}
    >
      <div className={styles.heatmap}>
        <ol className={styles.names} aria-hidden>
          {rows.toReversed().map((row) => (
            <li key={row.fromS}>{nameOf(row)}</li>
          ))}
        </ol>
        <svg
          className={styles.cells}
          role="img"
          aria-label={t`${starts} starts by how long they waited, in steps of ${formatSpan(stepS * 1_000)}; at most ${most} in one cell.`}
          viewBox={`0 0 ${steps.length * COLUMN_PX} ${height}`}
          preserveAspectRatio="none"
          height={height}
        >
          {rows.flatMap(({ fromS, counts }, row) =>
            counts.map((count, column) =>
              count === 0 ? null : (
                <rect
                  key={`${fromS} ${startOf(column).toISOString()}`}
                  x={column * COLUMN_PX}
                  y={height - (row + 1) * ROW_PX}
                  width={COLUMN_PX}
                  height={ROW_PX}
                  fillOpacity={LEAST_INK + (1 - LEAST_INK) * Math.sqrt(count / most)}
                />
              ),
            ),
          )}
        </svg>
        <p className={styles.times}>
          <span>{formatInstant(startOf(0), new Date(), language)}</span>
          <span>{t`now`}</span>
        </p>
      </div>
    </Panel>
  );
}
