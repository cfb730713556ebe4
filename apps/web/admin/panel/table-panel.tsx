import type { ReactNode } from 'react';
import { Panel } from '#web/admin/panel/panel';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

export interface TableColumn<Row> {
  head: string;
  /** Its name in the CSV, which is the same in every language; without one it is not in it. */
  name?: string;
  cell(row: Row): ReactNode;
  /** What the CSV has, where the cell is more than a text or a number. */
  value?(row: Row): string | number | null;
}

interface TablePanelProps<Row> {
  id: string;
  title: string;
  metric?: string;
  /** As TanStack Query has it. */
  query: { error: unknown; data: unknown; refetch(): unknown };
  rows: readonly Row[] | undefined;
  columns: readonly TableColumn<Row>[];
  empty: { title: string; text: string };
  controls?: ReactNode;
  /** Below the table. */
  children?: ReactNode;
}

/** A panel that is a table of what was asked for, in each of its states. */
export function TablePanel<Row>({ id, title, metric, query, rows, columns, empty, controls, children }: TablePanelProps<Row>) {
  const named = columns.filter(({ name }) => name !== undefined);
  const csvCell = ({ cell, value }: TableColumn<Row>, row: Row) => (value ? value(row) : (cell(row) as string | number | null));
  const csv = () => [named.map(({ name = '' }) => name), ...(rows ?? []).map((row) => named.map((column) => csvCell(column, row)))];
  return (
    <Panel {...{ id, title, metric, controls, csv }}>
      {query.error != null && <ErrorPanel error={query.error as Error} what={title} retry={() => void query.refetch()} />}
      {!rows && query.error == null && <Loading lines={4} />}
      {rows?.length === 0 && <Empty title={empty.title}>{empty.text}</Empty>}
      {rows && rows.length > 0 && (
        <PlainTable label={title} heads={columns.map(({ head }) => head)} rows={rows.map((row) => columns.map(({ cell }) => cell(row)))} />
      )}
      {children}
    </Panel>
  );
}
