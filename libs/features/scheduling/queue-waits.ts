import type { ServiceTier } from '#core/catalog/service-tiers';
import { addBuckets, WAIT_BUCKETS, waitBucketOf } from '#core/scheduling/wait-buckets';
import { plainArray } from '#platform/database/array-literals';
import type { Tx } from '#platform/database/tx';

/** Steps of the series that are kept, and for how long. The longer is summed from the shorter as it is written. */
const SERIES = [
  { stepS: 300, keptHours: 25 },
  { stepS: 3_600, keptHours: 14 * 24 },
] as const;
const FINEST_MS = SERIES[0].stepS * 1_000;
const PRUNE_EVERY_MS = 60_000;

interface Counted {
  tenantId: string;
  tier: ServiceTier;
  startsAtMs: number;
  buckets: number[];
}

/** How long work waited, by tenant and tier, counted in buckets until it is saved. A leader that dies loses the last seconds. */
export class QueueWaits {
  private counts = new Map<string, Counted>();
  private prunedAtMs = 0;

  constructor(private readonly poolClass: string) {}

  /** @param wallMs since 1970 */
  note(tenantId: string, tier: ServiceTier, waitMs: number, wallMs: number): void {
    const startsAtMs = Math.floor(wallMs / FINEST_MS) * FINEST_MS;
    const key = `${tenantId} ${tier} ${startsAtMs}`;
    const counted = this.counts.get(key) ?? { tenantId, tier, startsAtMs, buckets: new Array<number>(WAIT_BUCKETS).fill(0) };
    const bucket = waitBucketOf(waitMs);
    counted.buckets[bucket] = (counted.buckets[bucket] ?? 0) + 1;
    this.counts.set(key, counted);
  }

  async save(tx: Tx, wallMs: number): Promise<void> {
    const counts = [...this.counts.values()];
    this.counts = new Map();
    for (const { stepS } of SERIES) if (counts.length > 0) await this.add(tx, stepS, inSteps(counts, stepS * 1_000));
    if (wallMs - this.prunedAtMs < PRUNE_EVERY_MS) return;
    this.prunedAtMs = wallMs;
    for (const { stepS, keptHours } of SERIES) {
      await tx.query(`DELETE FROM queue_waits WHERE pool_class = $1 AND step_s = $2 AND starts_at < now() - $3::int * interval '1 hour'`, [
        this.poolClass,
        stepS,
        keptHours,
      ]);
    }
  }

  /** Rows of a step come again until it is over: what is new is added. */
  private async add(tx: Tx, stepS: number, counts: readonly Counted[]): Promise<void> {
    await tx.query(
      `INSERT INTO queue_waits (pool_class, step_s, starts_at, tenant_id, service_tier, buckets)
       SELECT $1, $2, c.starts_at, c.tenant_id, c.service_tier, c.buckets::integer[]
         FROM unnest($3::timestamptz[], $4::uuid[], $5::text[], $6::text[]) AS c (starts_at, tenant_id, service_tier, buckets)
        ORDER BY 3, 4, 5
       ON CONFLICT (pool_class, step_s, starts_at, tenant_id, service_tier) DO UPDATE
       SET buckets = ARRAY(SELECT one + other FROM unnest(queue_waits.buckets, excluded.buckets) AS sum (one, other))`,
      [
        this.poolClass,
        stepS,
        counts.map(({ startsAtMs }) => new Date(startsAtMs)),
        counts.map(({ tenantId }) => tenantId),
        counts.map(({ tier }) => tier),
        counts.map(({ buckets }) => plainArray(buckets)),
      ],
    );
  }
}

function inSteps(counts: readonly Counted[], stepMs: number): Counted[] {
  const sums = new Map<string, Counted>();
  for (const counted of counts) {
    const startsAtMs = Math.floor(counted.startsAtMs / stepMs) * stepMs;
    const key = `${counted.tenantId} ${counted.tier} ${startsAtMs}`;
    const sum = sums.get(key) ?? { ...counted, startsAtMs, buckets: [] };
    addBuckets(sum.buckets, counted.buckets);
    sums.set(key, sum);
  }
  return [...sums.values()];
}
