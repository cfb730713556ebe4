import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { Day, DayRange } from '#core/capacity/days';
import type { SitePhase } from '#core/capacity/phases';
import { minus, stepsFrom, stepsOf, stretches, valueOn } from '#core/capacity/steps';
import { MAX_MONTHS_LISTED, MAX_RECALLS_COUNTED, MAX_TENANTS_VIEWED } from '#features/capacity/limits';
import { dayNumber, readBook } from '#features/capacity/order-book-rows';
import { refusalOfOrder } from '#features/capacity/refusals';
import { isPlatformStaff, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What a tenant has of a pool class now. */
export interface TenantCapacity {
  tenantId: string;
  name: string;
  poolClass: string;
  guaranteedUnits: number;
  /** Of its units, those that its own work fills. */
  unitsInUse: number;
  /** Lanes of others or of nobody that its work runs on. */
  otherLanesInUse: number;
}

export interface PoolClassTotals {
  poolClass: string;
  accelerator: string;
  capacityUnits: number;
  soldUnits: number;
}

export interface CapacityView {
  tenants: TenantCapacity[];
  /** For the platform's staff alone: what is sold is nobody else's business. */
  poolClasses: PoolClassTotals[] | null;
}

export interface CalendarStretch extends DayRange {
  freeUnits: number;
  ownUnits: number;
  /** For the platform's staff alone. */
  capacityUnits?: number;
  soldUnits?: number;
  /** Powered on, and neither to be sold nor cut for good: spares, and what cuts take. */
  reserveUnits?: number;
}

export interface CalendarView {
  stretches: CalendarStretch[];
  /** When more is powered on, oldest first; null for all but the platform's staff. */
  phases: SitePhase[] | null;
}

/** Means over a minute. */
/** What was used over some minutes. */
export interface UtilizationRange {
  minutes: UtilizationMinute[];
  /** Lanes that the tenant called back from others' work. */
  recalledLanes: number;
}

export interface UtilizationMinute {
  minute: Date;
  units: number;
  ownLanes: number;
  borrowedLanes: number;
  sharedLanes: number;
  lentUnits: number;
}

/** How the guarantee of a month was kept. */
export interface GuaranteeMonth {
  poolClass: string;
  month: Day;
  starts: number;
  keptStarts: number;
  serviceCreditMicro: string;
  lendingCreditMicro: string;
}

/** Capacity as people look at it: one's own, an agency's brands, or everything for the platform's staff. */
@Injectable()
export class CapacityViewsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async now(caller: Caller, tenant: string | undefined): Promise<CapacityView | NamedRefusal> {
    const staff = isPlatformStaff(caller) && tenant === undefined;
    if (!staff) {
      const reached = await this.reach.tenantOf(caller, tenant);
      if ('refused' in reached) return reached;
      const tenantIds = await this.family(reached.tenantId);
      return { tenants: await this.ofTenants(tenantIds), poolClasses: null };
    }
    const owners = await this.db.query<{ tenant_id: string }>(
      `SELECT DISTINCT t.tenant_id FROM order_books b, LATERAL tenants_with_units(b.pool_class) AS t ORDER BY 1 LIMIT ${MAX_TENANTS_VIEWED}`,
    );
    return { tenants: await this.ofTenants(owners.map(({ tenant_id }) => tenant_id)), poolClasses: await this.totals() };
  }

  /** What may be ordered, stretch by stretch of days with the same numbers. */
  async calendar(
    caller: Caller,
    tenant: string | undefined,
    poolClass: string,
    range: { startsOn?: Day; days: number },
  ): Promise<CalendarView | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('capacity calendar', [reached.tenantId], async (tx) => {
      const held = await readBook(tx, poolClass);
      if (!held) return refusalOfOrder({ refused: 'unknown_pool_class' });
      const { capacity, sold } = held.book;
      const free = minus(capacity, sold);
      const own = await ownSteps(tx, reached.tenantId, poolClass);
      const { phases } = held.supply;
      const powered = stepsOf(phases.map(({ powersOn, nodes, lanesPerNode }) => ({ day: powersOn, delta: nodes * lanesPerNode })));
      const isStaff = isPlatformStaff(caller);
      const startsOn = Math.max(range.startsOn ?? held.today, held.today);
      const days = [startsOn, ...[free, own, sold, capacity, powered].flatMap((steps) => steps.map(({ day }) => day))];
      // Numbers the days on which anything changes, so that each stretch has the same numbers throughout.
      const numbered = stepsFrom(days, (day) => days.filter((other) => other <= day).length);
      const told = [...stretches(numbered, { startsOn, endsOn: startsOn + range.days })].map((stretch) => ({
        startsOn: stretch.startsOn,
        endsOn: stretch.endsOn,
        freeUnits: Math.max(0, valueOn(free, stretch.startsOn)),
        ownUnits: valueOn(own, stretch.startsOn),
        ...(isStaff && {
          capacityUnits: valueOn(capacity, stretch.startsOn),
          soldUnits: valueOn(sold, stretch.startsOn),
          reserveUnits: valueOn(powered, stretch.startsOn) - valueOn(capacity, stretch.startsOn),
        }),
      }));
      return { stretches: told, phases: isStaff ? phases.toSorted((one, other) => one.powersOn - other.powersOn) : null };
    });
  }

  /** Oldest first. */
  async utilization(
    caller: Caller,
    tenant: string | undefined,
    poolClass: string,
    range: { from: Date; minutes: number },
  ): Promise<UtilizationRange | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const given = [reached.tenantId, poolClass, range.from, range.minutes];
    return this.db.transaction('utilization', [reached.tenantId], async (tx) => {
      const minutes = await tx.query<UtilizationMinute>(
        `SELECT minute, units, own_lanes AS "ownLanes", borrowed_lanes AS "borrowedLanes", shared_lanes AS "sharedLanes", lent_units AS "lentUnits"
           FROM utilization_minutes
          WHERE tenant_id = $1 AND pool_class = $2 AND minute >= $3 AND minute < $3::timestamptz + $4 * interval '1 minute'
          ORDER BY minute`,
        given,
      );
      const [recalled] = await tx.query<{ lanes: number }>(
        `SELECT coalesce(sum(lanes), 0)::integer AS lanes
           FROM (SELECT lanes FROM recalls
                  WHERE owner_id = $1 AND pool_class = $2 AND recalled_at >= $3 AND recalled_at < $3::timestamptz + $4 * interval '1 minute'
                  LIMIT ${MAX_RECALLS_COUNTED}) AS counted`,
        given,
      );
      return { minutes, recalledLanes: recalled?.lanes ?? 0 };
    });
  }

  /** Newest first. */
  async guaranteeMonths(caller: Caller, tenant: string | undefined): Promise<GuaranteeMonth[] | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('guarantee months', [reached.tenantId], (tx) =>
      tx.query<GuaranteeMonth>(
        `SELECT pool_class AS "poolClass", ${dayNumber('month')} AS month, starts, kept_starts AS "keptStarts",
                service_credit_micro AS "serviceCreditMicro", lending_credit_micro AS "lendingCreditMicro"
           FROM guarantee_months WHERE tenant_id = $1 ORDER BY month DESC, pool_class LIMIT ${MAX_MONTHS_LISTED}`,
        [reached.tenantId],
      ),
    );
  }

  private async family(tenantId: string): Promise<string[]> {
    const rows = await this.db.transaction('brands', [tenantId], (tx) =>
      tx.query<{ id: string }>(`SELECT id FROM brands_of($1) LIMIT ${MAX_TENANTS_VIEWED}`, [tenantId]),
    );
    return [tenantId, ...rows.map(({ id }) => id)];
  }

  private async ofTenants(tenantIds: readonly string[]): Promise<TenantCapacity[]> {
    if (tenantIds.length === 0) return [];
    return this.db.transaction('capacity of tenants', tenantIds, (tx) =>
      tx.query<TenantCapacity>(
        `WITH used AS (
           SELECT tenant_id, pool_class, sum(cardinality(lane_ids)) FILTER (WHERE served_from = 'own')::int AS own,
                  sum(cardinality(lane_ids)) FILTER (WHERE served_from <> 'own')::int AS other
             FROM leases WHERE freed_at IS NULL GROUP BY tenant_id, pool_class
         )
         SELECT t.id AS "tenantId", t.name, coalesce(g.pool_class, u.pool_class) AS "poolClass", coalesce(g.units, 0) AS "guaranteedUnits",
                coalesce(u.own, 0) AS "unitsInUse", coalesce(u.other, 0) AS "otherLanesInUse"
           FROM guarantees g FULL JOIN used u ON u.tenant_id = g.tenant_id AND u.pool_class = g.pool_class
           JOIN tenants t ON t.id = coalesce(g.tenant_id, u.tenant_id)
          ORDER BY t.id, 3`,
      ),
    );
  }

  private async totals(): Promise<PoolClassTotals[]> {
    const books = await this.db.query<{ pool_class: string; accelerator: string }>(
      'SELECT pool_class, accelerator FROM order_books ORDER BY pool_class',
    );
    return Promise.all(
      books.map(async ({ pool_class: poolClass, accelerator }) => {
        const held = await this.db.transaction('capacity totals', [], (tx) => readBook(tx, poolClass));
        if (!held) throw new Error(`the order book of ${poolClass} is gone`);
        const { book, today } = held;
        return { poolClass, accelerator, capacityUnits: valueOn(book.capacity, today), soldUnits: valueOn(book.sold, today) };
      }),
    );
  }
}

async function ownSteps(tx: Tx, tenantId: string, poolClass: string) {
  const rows = await tx.query<{ day: Day; delta: number }>(
    `SELECT ${dayNumber('day')} AS day, delta
       FROM (SELECT starts_on, ends_on, units FROM commitments WHERE tenant_id = $1 AND pool_class = $2 AND state <> 'cancelled'
             UNION ALL
             SELECT c.starts_on, c.ends_on, -c.units FROM commitment_cuts c JOIN commitments k ON k.tenant_id = c.tenant_id AND k.id = c.commitment_id
              WHERE c.tenant_id = $1 AND c.pool_class = $2 AND k.state <> 'cancelled') AS own (starts_on, ends_on, units),
            LATERAL (VALUES (starts_on, units), (ends_on, -units)) AS change (day, delta)`,
    [tenantId, poolClass],
  );
  return stepsOf(rows);
}
