import type { ReactNode } from 'react';
import styles from '#web/parts/chart/bars.module.css';

export interface Bar {
  key: string;
  name: ReactNode;
  /** What the length stands for. */
  size: bigint;
  /** In the columns behind the bar. */
  values: readonly ReactNode[];
}

interface BarsProps {
  title: string;
  /** Heads of the name and of the values. */
  heads: readonly [string, ...string[]];
  bars: readonly Bar[];
}

/** Bars that are a table as well: the longest one is the largest, and every number stands beside its bar. */
export function Bars({ title, heads, bars }: BarsProps) {
  const [nameHead, ...valueHeads] = heads;
  const largest = bars.reduce((most, { size }) => (size > most ? size : most), 1n);
  return (
    <table className={styles.table} aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{nameHead}</th>
          <th className={styles.bar} aria-hidden />
          {valueHeads.map((head) => (
            <th key={head} scope="col" data-align="end">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bars.map(({ key, name, size, values }) => (
          <tr key={key}>
            <th scope="row" className={styles.name}>
              {name}
            </th>
            <td className={styles.bar} aria-hidden>
              <div className={styles.track}>
                <div className={styles.fill} style={{ width: `${percent(size, largest)}%` }} />
              </div>
            </td>
            {valueHeads.map((head, at) => (
              <td key={head} data-align="end">
                {values[at]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** To a tenth, for a length on the screen. */
export function percent(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0;
  return Math.min(100, Number((part * 1_000n) / whole) / 10);
}
