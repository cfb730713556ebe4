import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { LANE_KINDS, USE_SERIES, type UseColumns, type UseSeries } from '#core/capacity/use-blocks';
import { MAX_USE_POINTS } from '#features/capacity/limits';
import { isPlatformStaff, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** Null where nobody looked, or where the points are not written yet. */
export type UsePoints = Record<keyof UseColumns, (number | null)[]>;

export interface LaneUseSeries {
  stepS: number;
  from: Date;
  columns: UsePoints;
}

interface BlockRow extends UseColumns {
  startsAt: Date;
}

const COLUMNS = LANE_KINDS.join(', ');

/** What lanes were used for over time: of a tenant, or of the whole pool class for the platform's staff. */
@Injectable()
export class LaneUseService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  /** @param range `stepS` absent: the finest series that is kept so long and fits into one answer */
  async series(
    caller: Caller,
    tenant: string | undefined,
    poolClass: string,
    range: { from: Date; to: Date; stepS?: number },
  ): Promise<LaneUseSeries | NamedRefusal> {
    const ageS = (Date.now() - range.from.getTime()) / 1_000;
    const seconds = (range.to.getTime() - range.from.getTime()) / 1_000;
    const fits = (series: UseSeries) => seconds / series.stepS <= MAX_USE_POINTS - 1;
    const chosen = USE_SERIES.find((one) => fits(one) && (range.stepS === undefined ? one.keptS >= ageS : one.stepS === range.stepS));
    if (!chosen)
      return { refused: 'not_possible', detail: `At most ${MAX_USE_POINTS} points are told at once: ask for less time or a longer step` };

    if (isPlatformStaff(caller) && tenant === undefined) {
      const rows = await this.db.query<BlockRow>(
        `SELECT starts_at AS "startsAt", ${COLUMNS} FROM pool_use WHERE ${IN_RANGE}`,
        inRange(poolClass, chosen, range),
      );
      return seriesOf(rows, chosen, range);
    }
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const rows = await this.db.transaction('lane use', [reached.tenantId], (tx) =>
      tx.query<BlockRow>(`SELECT starts_at AS "startsAt", ${COLUMNS} FROM tenant_use WHERE ${IN_RANGE} AND tenant_id = $5`, [
        ...inRange(poolClass, chosen, range),
        reached.tenantId,
      ]),
    );
    return seriesOf(rows, chosen, range);
  }
}

const IN_RANGE = 'pool_class = $1 AND step_s = $2 AND starts_at > $3 AND starts_at < $4';

function inRange(poolClass: string, { stepS, points }: UseSeries, { from, to }: { from: Date; to: Date }): unknown[] {
  return [poolClass, stepS, new Date(from.getTime() - stepS * points * 1_000), to];
}

function seriesOf(rows: readonly BlockRow[], { stepS }: UseSeries, { from, to }: { from: Date; to: Date }): LaneUseSeries {
  const stepMs = stepS * 1_000;
  const firstMs = Math.floor(from.getTime() / stepMs) * stepMs;
  const points = Math.max(1, Math.ceil((to.getTime() - firstMs) / stepMs));
  const column = (kind: keyof UseColumns) => {
    const values = new Array<number | null>(points).fill(null);
    for (const row of rows) {
      const first = (row.startsAt.getTime() - firstMs) / stepMs;
      for (const [at, value] of row[kind].entries()) {
        if (first + at >= 0 && first + at < points && Number.isFinite(value)) values[first + at] = value;
      }
    }
    return values;
  };
  return { stepS, from: new Date(firstMs), columns: Object.fromEntries(LANE_KINDS.map((kind) => [kind, column(kind)])) as UsePoints };
}
