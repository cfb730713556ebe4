import type { ServiceTier } from '#core/catalog/service-tiers';
import { firstSubmitted, type SimulatedJob } from '#core/simulation/simulated-job';
import type { ReplayedLoad } from '#core/simulation/what-if';
import { MAX_REPLAYED_JOBS, MAX_REPLAYED_NODES, MAX_REPLAYED_TENANTS } from '#features/simulations/limits';
import type { HotPool } from '#platform/database/hot-pool';

/** The last day of a pool class: what was asked for and ran, on the nodes and for the units that there are now. */
export interface LastDay extends ReplayedLoad {
  from: Date;
  to: Date;
}

const MS_PER_HOUR = 3_600_000;
const DAY_HOURS = 24;
/** An hour with more work than may be replayed is read in pieces of this part. */
const PIECES_PER_SLICE = 8;
const SHORTEST_SLICE_MS = 1_000;

/**
 * Read hour by hour, newest first, until the day or the number of jobs is full: each statement jumps into the index of the tenants that used the pool
 * class, so what it reads does not grow with what is kept. Deleted generations are left out.
 */
export async function readLastDay(db: HotPool, poolClass: string, now: Date): Promise<LastDay> {
  const dayStartMs = now.getTime() - DAY_HOURS * MS_PER_HOUR;
  const [fleet, sold, users] = await Promise.all([
    db.query<ReplayedLoad['fleet'][number]>(FLEET, [poolClass]),
    db.query<{ tenant_id: string; units: number }>('SELECT tenant_id, units FROM guarantees WHERE pool_class = $1 ORDER BY tenant_id', [
      poolClass,
    ]),
    db.query<{ tenant_id: string }>(USERS, [poolClass, new Date(dayStartMs), now]),
  ]);
  const tenantIds = users.map(({ tenant_id }) => tenant_id);
  const rows: DayRow[] = [];
  let fromMs = now.getTime();
  for (let sliceMs = MS_PER_HOUR; fromMs > dayStartMs; ) {
    const sliceFromMs = Math.max(dayStartMs, fromMs - sliceMs);
    const left = MAX_REPLAYED_JOBS - rows.length;
    const slice = await db.query<DayRow>(SLICE, [tenantIds, new Date(sliceFromMs), new Date(fromMs), left + 1, poolClass]);
    if (slice.length > left) {
      // A part of a slice would be some tenants' work without the others'.
      if (rows.length > 0 || sliceMs <= SHORTEST_SLICE_MS) break;
      sliceMs = Math.ceil(sliceMs / PIECES_PER_SLICE);
      continue;
    }
    rows.push(...slice);
    fromMs = sliceFromMs;
  }
  return {
    jobs: jobsOf(rows),
    fleet,
    units: new Map(sold.map(({ tenant_id, units }) => [tenant_id, units])),
    weights: new Map(),
    from: new Date(fromMs),
    to: now,
  };
}

function jobsOf(rows: readonly DayRow[]): SimulatedJob[] {
  const sorted = [...rows].sort((one, other) => one.submittedAt - other.submittedAt || (one.id < other.id ? -1 : 1));
  const first = sorted[0]?.submittedAt ?? 0;
  return sorted.map(({ id: _, ...job }) => ({ ...job, submittedAt: job.submittedAt - first })).sort(firstSubmitted);
}

interface DayRow extends SimulatedJob {
  id: string;
  tier: ServiceTier;
}

const FLEET = `
  SELECT n.id AS "nodeId", p.site_id AS "siteId", count(*)::int AS lanes
    FROM pools p JOIN nodes n ON n.pool_id = p.id JOIN lanes l ON l.node_id = n.id
   WHERE p.pool_class = $1 AND n.state = 'in_service' GROUP BY n.id, p.site_id ORDER BY n.id LIMIT ${MAX_REPLAYED_NODES}`;

/** By hours, and for the present one by minutes. */
const USERS = `
  SELECT tenant_id FROM tenant_use
   WHERE pool_class = $1 AND (step_s = 3600 AND starts_at > $2::timestamptz - interval '1 hour' AND starts_at <= $3
                           OR step_s = 60 AND starts_at > $3::timestamptz - interval '70 minutes' AND starts_at <= $3)
   GROUP BY tenant_id ORDER BY tenant_id LIMIT ${MAX_REPLAYED_TENANTS}`;

const SLICE = `
  SELECT g.id, g.tenant_id AS "tenantId", g.model, g.output_key AS "outputKey", g.gang_lanes AS lanes, g.service_tier AS tier, g.priority,
         round(extract(epoch FROM g.created_at) * 1000)::float8 AS "submittedAt",
         greatest(1, round(extract(epoch FROM l.ended_at - coalesce(l.began_at, l.admitted_at)) * 1000))::float8 AS "runMs"
    FROM unnest($1::uuid[]) AS t (tenant_id)
   CROSS JOIN LATERAL (
     SELECT * FROM generations g
      WHERE g.tenant_id = t.tenant_id AND g.deleted_at IS NULL AND g.created_at >= $2 AND g.created_at < $3
      ORDER BY g.created_at DESC, g.id DESC LIMIT $4
   ) AS g
    JOIN leases l ON l.tenant_id = g.tenant_id AND l.generation_id = g.id AND l.fence = g.fence AND l.end_reason = 'settled'
   WHERE g.pool_class = $5 AND g.state = 'completed' LIMIT $4`;
