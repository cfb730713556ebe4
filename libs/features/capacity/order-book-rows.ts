import type { Day } from '#core/capacity/days';
import type { OrderBook } from '#core/capacity/order-book';
import { type CutKind, capacityOf, type Supply } from '#core/capacity/phases';
import { stepsOf } from '#core/capacity/steps';
import type { Tx } from '#platform/database/tx';

/** Reads a date column as a day number: a driver's date would be in the process's time zone. */
export function dayNumber(column: string): string {
  return `(${column} - DATE '1970-01-01')`;
}

/** Writes a day number as a date. */
export function dateOf(parameter: string): string {
  return `(DATE '1970-01-01' + ${parameter})`;
}

export interface BookRow {
  poolClass: string;
  today: Day;
  supply: Supply;
  book: OrderBook;
}

/** Holds the book until the transaction ends, so that two orders never sell the same lane. Null for a pool class without one. */
export async function lockBook(tx: Tx, poolClass: string): Promise<BookRow | null> {
  const [held] = await tx.query('UPDATE order_books SET revision = revision + 1 WHERE pool_class = $1 RETURNING 1', [poolClass]);
  return held ? readBook(tx, poolClass) : null;
}

/** What the book says now, in no transaction of its own: good for quotes and calendars. */
export async function readBook(tx: Tx, poolClass: string): Promise<BookRow | null> {
  const [row] = await tx.query<{
    today: Day;
    spare_one_node_in: number;
    phases: Supply['phases'];
    cuts: (Omit<Supply['cuts'][number], 'endsOn'> & { endsOn: Day | null; kind: CutKind })[];
    sold: { day: Day; delta: number }[];
  }>(
    `SELECT ${dayNumber(`(now() AT TIME ZONE 'UTC')::date`)} AS today, b.spare_one_node_in,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('siteId', site_id, 'powersOn', ${dayNumber('powers_on')}, 'nodes', nodes,
                                                          'lanesPerNode', lanes_per_node)), '[]')
               FROM site_phases WHERE pool_class = b.pool_class) AS phases,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('siteId', site_id, 'kind', kind, 'lanes', lanes, 'startsOn', ${dayNumber('starts_on')},
                                                          'endsOn', ${dayNumber('ends_on')})), '[]')
               FROM capacity_cuts
              WHERE pool_class = b.pool_class AND cancelled_at IS NULL
                AND (ends_on IS NULL OR ends_on > (now() AT TIME ZONE 'UTC')::date)) AS cuts,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('day', ${dayNumber('on_day')}, 'delta', units_delta)), '[]')
               FROM sold_steps(b.pool_class)) AS sold
       FROM order_books b WHERE b.pool_class = $1`,
    [poolClass],
  );
  if (!row) return null;
  const cuts = row.cuts.map((cut) => ({ ...cut, endsOn: cut.endsOn ?? Number.MAX_SAFE_INTEGER }));
  const supply = { phases: row.phases, cuts, spareOneNodeIn: row.spare_one_node_in };
  return { poolClass, today: row.today, supply, book: { capacity: capacityOf(supply), sold: stepsOf(row.sold) } };
}
