import styles from '#web/parts/chart/meter.module.css';

interface MeterProps {
  /** Says the numbers in words. */
  label: string;
  /** 0 to 100. */
  filledPct: number;
  /** Where something begins, in percent. */
  marksPct?: readonly number[];
  isOver?: boolean;
}

/** How much of something is used, with marks at its thresholds. The words beside it say the same. */
export function Meter({ label, filledPct, marksPct = [], isOver = false }: MeterProps) {
  return (
    <div className={styles.meter} role="img" aria-label={label}>
      <div className={styles.fill} data-over={isOver || undefined} style={{ width: `${filledPct}%` }} />
      {marksPct.map((markPct) => (
        <span key={markPct} className={styles.mark} style={{ left: `${markPct}%` }} />
      ))}
    </div>
  );
}
