import { Table } from '@mantine/core';
import { isValidElement, type ReactNode } from 'react';
import { Count, Credits, Money } from '#web/parts/figures/figures';
import styles from '#web/parts/table/plain-table.module.css';

/** A day, an id, a name: read at a glance only if it is not broken at its hyphens. */
const ONE_WORD = /^\S+$/;
/** From so many characters on a cell keeps some width, rather than a word a line; a sentence keeps more. */
const SOME_TEXT = 12;
const LONG_TEXT = 30;

/** A number, a share, a span of time, so many of so many: figures stand below each other at the right. */
const FIGURE = /^[-+]?\d[\d.,\u00a0\u202f]*(?: ?%| \/ \d[\d.,]*|(?: (?:ms|s|min|h))(?: \d+ (?:s|min))?)?$/;
const FIGURES: readonly unknown[] = [Count, Credits, Money];
const NONE = '–';

function isFigure(cell: ReactNode): boolean {
  if (isValidElement(cell)) return FIGURES.includes(cell.type);
  return typeof cell === 'number' || (typeof cell === 'string' && FIGURE.test(cell));
}

/** Of a column: all that it has are figures. */
function hasFigures(rows: readonly (readonly ReactNode[])[], column: number): boolean {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== NONE);
  return cells.length > 0 && cells.every(isFigure);
}

function classOf(cell: ReactNode): string | undefined {
  if (typeof cell !== 'string') return undefined;
  if (ONE_WORD.test(cell)) return styles.whole;
  if (cell.length >= LONG_TEXT) return styles.long;
  return cell.length >= SOME_TEXT ? styles.some : undefined;
}

/** A table of a bounded number of rows. It scrolls sideways in its own region. */
export function PlainTable({ label, heads, rows }: { label: string; heads: readonly string[]; rows: readonly (readonly ReactNode[])[] }) {
  const isOfFigures = heads.map((_, column) => hasFigures(rows, column));
  return (
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      <Table aria-label={label} verticalSpacing={4} className={styles.table}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head, column) => (
              <Table.Th key={head} scope="col" className={isOfFigures[column] ? styles.figure : undefined}>
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((cells, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name, and keep no state
            <Table.Tr key={at}>
              {cells.map((cell, column) => (
                <Table.Td key={heads[column]} className={isOfFigures[column] ? styles.figure : classOf(cell)}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
