import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Checkbox, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type RowSelectionState, rowSelectionFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useKeys } from '#web/parts/shell/shortcuts';
import styles from '#web/parts/table/data-table.module.css';

const ROW_PX = { portal: 44, admin: 32 };
/** Of a card with three facts, until it is measured. */
const CARD_PX = 160;
const CARD_GAP_PX = 8;
/** Rows kept above and below what is seen. */
const OVERSCAN = 10;
/** The next page is fetched when this few rows are left. */
const FETCH_AHEAD = 20;
const NARROW = '(max-width: 767px)';

export interface Column<Row> {
  id: string;
  header: string;
  cell(row: Row): ReactNode;
  widthPx?: number;
  align?: 'end';
  /** One of the three key facts that are left on a narrow screen. */
  isKey?: boolean;
}

export interface DataTableProps<Row> {
  /** Says what the rows are. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowId(row: Row): string;
  density?: keyof typeof ROW_PX;
  /** There are more rows behind the last one. */
  hasMore?: boolean;
  loadMore?(): void;
  isLoadingMore?: boolean;
  /** The rows are those of an earlier filter. */
  isStale?: boolean;
  /** What to do with the rows chosen; without it none can be. */
  bulk?(chosen: readonly Row[], clear: () => void): ReactNode;
  /** Rows in sight, for live updates. */
  onVisible?(ids: readonly string[]): void;
}

const features = tableFeatures({ rowSelectionFeature });

/** A list by pages: only rows in sight are in the document; cards with the key facts below 768 px. `j` `k` `x` and Enter work on rows. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { columns, rows, rowId, bulk, hasMore = false, isLoadingMore = false, loadMore } = props;
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({});
  const defs = useMemo(() => columns.map(({ id, header }) => ({ id, header })), [columns]);
  const table = useTable({
    features,
    columns: defs,
    data: rows as Row[],
    getRowId: rowId,
    state: { rowSelection },
    onRowSelectionChange: setRowSelection,
  });
  const isNarrow = useMediaQuery(NARROW, matchMedia(NARROW).matches);
  const chosen = rows.filter((row) => rowSelection[rowId(row)]);
  const toggle = (id: string) => setRowSelection(({ [id]: was, ...others }) => (was ? others : { ...others, [id]: true }));
  const choice = bulk && { isChosen: (id: string) => rowSelection[id] === true, toggle };
  return (
    <div>
      {bulk && chosen.length > 0 && (
        <div className={styles.foot}>
          <Trans>{chosen.length} chosen</Trans>
          {bulk(chosen, () => table.setRowSelection({}))}
        </div>
      )}
      {isNarrow ? <Cards {...props} choice={choice} /> : <Rows {...props} choice={choice} />}
      <div className={styles.foot}>
        {hasMore ? <Trans>{rows.length} shown, there are more</Trans> : <Trans>{rows.length} shown, these are all</Trans>}
        {hasMore && loadMore && (
          <Button variant="default" onClick={loadMore} loading={isLoadingMore}>
            <Trans>Show more</Trans>
          </Button>
        )}
      </div>
    </div>
  );
}

interface Choice {
  isChosen(id: string): boolean;
  toggle(id: string): void;
}

function Rows<Row extends object>({
  label,
  columns,
  rows,
  rowId,
  density = 'portal',
  hasMore,
  loadMore,
  isLoadingMore,
  isStale,
  onVisible,
  choice,
}: DataTableProps<Row> & { choice: Choice | undefined }) {
  const { t } = useLingui();
  const region = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => region.current,
    estimateSize: () => ROW_PX[density] + 1,
    overscan: OVERSCAN,
  });
  const visible = virtual.getVirtualItems();
  const first = visible[0];
  const last = visible.at(-1);
  const visibleKey =
    first && last
      ? rows
          .slice(first.index, last.index + 1)
          .map(rowId)
          .join(',')
      : '';
  const wantsMore = hasMore && !isLoadingMore && last !== undefined && last.index >= rows.length - FETCH_AHEAD;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once each time the end comes near
  useEffect(() => {
    if (wantsMore) loadMore?.();
  }, [wantsMore]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when other rows are seen
  useEffect(() => onVisible?.(visibleKey.split(',').filter(Boolean)), [visibleKey]);

  const rowAt = () => Number(document.activeElement?.closest<HTMLElement>('tr[data-index]')?.dataset.index ?? -1);
  const moveTo = (index: number) => {
    if (index < 0 || index >= rows.length) return;
    virtual.scrollToIndex(index);
    requestAnimationFrame(() => region.current?.querySelector<HTMLElement>(`tr[data-index="${index}"] a`)?.focus());
  };
  useKeys({
    j: () => moveTo(rowAt() + 1),
    k: () => moveTo(rowAt() - 1),
    x: () => {
      const row = rows[rowAt()];
      if (row) choice?.toggle(rowId(row));
    },
  });
  const columnCount = columns.length + (choice ? 1 : 0);
  return (
    <section
      className={styles.region}
      ref={region}
      aria-label={label}
      tabIndex={0}
      data-dimmed={isStale || undefined}
      data-density={density}
      aria-busy={isStale}
    >
      <table className={styles.table} aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1}>
        <thead>
          <tr>
            {choice && (
              <th scope="col" style={{ width: 48 }}>
                <VisuallyHidden>{t`Chosen`}</VisuallyHidden>
              </th>
            )}
            {columns.map(({ id, header, widthPx, align }) => (
              <th key={id} scope="col" style={{ width: widthPx }} data-align={align}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space heightPx={first?.start ?? 0} columnCount={columnCount} />
          {visible.map(({ index }) => {
            const row = rows[index];
            if (!row) return null;
            const id = rowId(row);
            return (
              <tr key={id} data-index={index} aria-rowindex={index + 2}>
                {choice && (
                  <td>
                    <Checkbox
                      size="md"
                      aria-label={t`Choose row ${index + 1}`}
                      checked={choice.isChosen(id)}
                      onChange={() => choice.toggle(id)}
                    />
                  </td>
                )}
                {columns.map((column) => (
                  <Cell key={column.id} align={column.align}>
                    {column.cell(row)}
                  </Cell>
                ))}
              </tr>
            );
          })}
          <Space heightPx={last ? virtual.getTotalSize() - last.end : 0} columnCount={columnCount} />
        </tbody>
      </table>
    </section>
  );
}

/** Stands for the rows that are not in the document. */
function Space({ heightPx, columnCount }: { heightPx: number; columnCount: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr className={styles.space} aria-hidden>
      <td colSpan={columnCount} style={{ height: heightPx }} />
    </tr>
  );
}

/** Words that are cut are whole in its title. */
function Cell({ align, children }: { align?: 'end' | undefined; children: ReactNode }) {
  return (
    <td data-align={align} title={typeof children === 'string' ? children : undefined}>
      {children}
    </td>
  );
}

/** Rows as cards, below each other in the page; as of a table, only those in sight are in the document. */
function Cards<Row extends object>({
  label,
  columns,
  rows,
  rowId,
  onVisible,
  isStale,
  choice,
}: DataTableProps<Row> & { choice: Choice | undefined }) {
  const { t } = useLingui();
  const list = useRef<HTMLUListElement>(null);
  const [topPx, setTopPx] = useState(0);
  // Where the list begins in the page, which scrolls as a whole here.
  useLayoutEffect(() => setTopPx((list.current?.getBoundingClientRect().top ?? 0) + scrollY), []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => CARD_PX,
    gap: CARD_GAP_PX,
    overscan: OVERSCAN,
    scrollMargin: topPx,
  });
  const keys = columns.filter(({ isKey }) => isKey);
  const inSight = virtual.getVirtualItems().flatMap(({ index, start }) => {
    const row = rows[index];
    return row ? [{ index, start, row, id: rowId(row) }] : [];
  });
  const ids = inSight.map(({ id }) => id).join(',');
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when other rows are seen
  useEffect(() => onVisible?.(ids.split(',').filter(Boolean)), [ids]);
  return (
    <ul ref={list} className={styles.cards} aria-label={label} aria-busy={isStale} style={{ height: virtual.getTotalSize() }}>
      {inSight.map(({ index, start, row, id }) => (
        <li
          key={id}
          ref={virtual.measureElement}
          data-index={index}
          aria-setsize={rows.length}
          aria-posinset={index + 1}
          style={{ top: start - topPx }}
        >
          {choice && (
            <Checkbox size="md" aria-label={t`Choose row ${index + 1}`} checked={choice.isChosen(id)} onChange={() => choice.toggle(id)} />
          )}
          <dl>
            {keys.map((key) => (
              <div key={key.id}>
                <dt>{key.header}</dt>
                <dd>{key.cell(row)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}
