import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '#web/parts/table/plain-table.module.css';

/** A table of a bounded number of rows. It scrolls sideways in its own region. */
export function PlainTable({ label, heads, rows }: { label: string; heads: readonly string[]; rows: readonly (readonly ReactNode[])[] }) {
  return (
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      <Table aria-label={label} verticalSpacing={4} className={styles.table}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head} scope="col">
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
                <Table.Td key={heads[column]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
