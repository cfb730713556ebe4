import { Trans, useLingui } from '@lingui/react/macro';
import { slotNumber, stateNumber } from '#web/admin/live/lane-layout';
import type { LanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';
import { PlainTable } from '#web/parts/table/plain-table';

/** Rows of a table that a person reads; the CSV has all. */
export const MAX_TABLE_ROWS = 500;

/** Every lane in words. */
export function laneRows({ current }: LanesSource): string[][] {
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

export function LaneTable({ source, isShown }: { source: LanesSource; isShown: boolean }) {
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
