import { Inject, Injectable } from '@nestjs/common';
import { lentUnits } from '#core/capacity/lending';
import { lendingPairs } from '#core/capacity/lending-pairs';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const LOOK_EVERY_MS = 5_000;
const MS_PER_MINUTE = 60_000;
const MINUTES_KEPT_DAYS = 62;
const DAYS_KEPT = 400;
const PRUNED_AT_ONCE = 10_000;
/** Who lent to whom of a pool class: more pairs than these are too small to tell. */
const MAX_PAIRS = 1_000;

interface Look {
  tenantId: string;
  poolClass: string;
  units: number;
  ownLanes: number;
  borrowedLanes: number;
  sharedLanes: number;
}

type Mean = Look & { lentUnits: number };

/**
 * Looks at the lanes in use every few seconds and writes the mean of each minute. Of several processes that do so, one writes a minute:
 * their looks agree.
 */
@Injectable()
export class Utilization extends Sweep {
  private minuteMs = 0;
  private looks: Look[][] = [];

  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'utilization', everyMs: LOOK_EVERY_MS });
  }

  /** The first look of a minute writes the one before. */
  async sweep(now = new Date()): Promise<void> {
    const minuteMs = Math.floor(now.getTime() / MS_PER_MINUTE) * MS_PER_MINUTE;
    if (minuteMs !== this.minuteMs) {
      if (this.looks.length > 0) await this.write(new Date(this.minuteMs), meansOf(this.looks));
      this.looks = [];
      this.minuteMs = minuteMs;
      await this.prune();
    }
    this.looks.push(await this.pool.query<Look>(LOOK));
  }

  private async write(minute: Date, means: readonly Mean[]): Promise<void> {
    const lendings = [...Map.groupBy(means, ({ poolClass }) => poolClass)].flatMap(([poolClass, ofPool]) =>
      lendingPairs(ofPool, MAX_PAIRS).map((pair) => ({ ...pair, poolClass })),
    );
    // A minute that another process has written adds nothing to its day.
    await this.pool.query(
      `WITH written AS (
         INSERT INTO utilization_minutes (minute, tenant_id, pool_class, units, own_lanes, borrowed_lanes, shared_lanes, lent_units)
         SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::real[], $5::real[], $6::real[], $7::real[], $8::real[])
         ON CONFLICT DO NOTHING RETURNING tenant_id, pool_class)
       INSERT INTO lending_days AS d (day, pool_class, tenant_id, borrower_id, lane_minutes)
       SELECT ($1::timestamptz AT TIME ZONE 'UTC')::date, l.pool_class, l.lender_id, l.borrower_id, l.lanes
         FROM unnest($9::text[], $10::uuid[], $11::uuid[], $12::float8[]) AS l (pool_class, lender_id, borrower_id, lanes)
         JOIN written w ON w.tenant_id = l.lender_id AND w.pool_class = l.pool_class
       ON CONFLICT (pool_class, day, tenant_id, borrower_id) DO UPDATE SET lane_minutes = d.lane_minutes + excluded.lane_minutes`,
      [
        minute,
        means.map(({ tenantId }) => tenantId),
        means.map(({ poolClass }) => poolClass),
        means.map(({ units }) => units),
        means.map(({ ownLanes }) => ownLanes),
        means.map(({ borrowedLanes }) => borrowedLanes),
        means.map(({ sharedLanes }) => sharedLanes),
        means.map((mean) => mean.lentUnits),
        lendings.map(({ poolClass }) => poolClass),
        lendings.map(({ lenderId }) => lenderId),
        lendings.map(({ borrowerId }) => borrowerId),
        lendings.map(({ lanes }) => lanes),
      ],
    );
  }

  private async prune(): Promise<void> {
    await this.pool.query(
      `DELETE FROM utilization_minutes u USING (
         SELECT tenant_id, pool_class, minute FROM utilization_minutes
          WHERE minute < now() - interval '${MINUTES_KEPT_DAYS} days' LIMIT ${PRUNED_AT_ONCE}) AS old
        WHERE u.tenant_id = old.tenant_id AND u.pool_class = old.pool_class AND u.minute = old.minute`,
    );
    await this.pool.query(`DELETE FROM lending_days WHERE day < (now() AT TIME ZONE 'UTC')::date - ${DAYS_KEPT}`);
  }
}

const LOOK = `
  SELECT coalesce(g.tenant_id, l.tenant_id) AS "tenantId", coalesce(g.pool_class, l.pool_class) AS "poolClass", coalesce(g.units, 0) AS units,
         coalesce(l.own, 0) AS "ownLanes", coalesce(l.lent, 0) AS "borrowedLanes", coalesce(l.shared, 0) AS "sharedLanes"
    FROM guarantees g
    FULL JOIN (SELECT tenant_id, pool_class,
                      sum(cardinality(lane_ids)) FILTER (WHERE served_from = 'own')::int AS own,
                      sum(cardinality(lane_ids)) FILTER (WHERE served_from = 'lent')::int AS lent,
                      sum(cardinality(lane_ids)) FILTER (WHERE served_from = 'shared')::int AS shared
                 FROM leases WHERE freed_at IS NULL GROUP BY tenant_id, pool_class) AS l
      ON l.tenant_id = g.tenant_id AND l.pool_class = g.pool_class`;

/** One that was not seen at a look had nothing then. */
function meansOf(looks: readonly (readonly Look[])[]): Mean[] {
  const means = new Map<string, Mean>();
  for (const look of looks) {
    for (const [, ofPool] of Map.groupBy(look, ({ poolClass }) => poolClass)) {
      const lentLanes = ofPool.reduce((sum, { borrowedLanes }) => sum + borrowedLanes, 0);
      for (const one of ofPool) {
        const key = `${one.tenantId} ${one.poolClass}`;
        const mean = means.get(key) ?? { ...one, units: 0, ownLanes: 0, borrowedLanes: 0, sharedLanes: 0, lentUnits: 0 };
        mean.units += one.units / looks.length;
        mean.ownLanes += one.ownLanes / looks.length;
        mean.borrowedLanes += one.borrowedLanes / looks.length;
        mean.sharedLanes += one.sharedLanes / looks.length;
        mean.lentUnits += lentUnits(one, ofPool, lentLanes) / looks.length;
        means.set(key, mean);
      }
    }
  }
  return [...means.values()];
}
