import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Change } from '#core/scheduling/changes';
import { FIRST_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { WAITING_COLUMNS, type WaitingRow, waitingOf } from '#features/scheduling/waiting-rows';
import type { HotTx, StatementTx } from '#platform/database/tx';

export type Heads = Extract<Change, { type: 'heads' }>;

export interface HeadsWanted {
  tenantId: string;
  tier: ServiceTier;
  headsWanted: number;
}

/** The first heads of every tenant and tier that waits. Jumps from queue to queue in the index: their length does not matter. */
export async function readFirstHeads(tx: HotTx, poolClass: string): Promise<Heads[]> {
  const queues = await tx.query<{ tenantId: string; tier: ServiceTier }>(
    `WITH RECURSIVE queues (tenant_id, tier) AS (
       (SELECT tenant_id, service_tier FROM generations
         WHERE state = 'queued' AND NOT is_held AND pool_class = $1 ORDER BY tenant_id, service_tier LIMIT 1)
       UNION ALL
       SELECT next.tenant_id, next.service_tier
         FROM queues q CROSS JOIN LATERAL (
           SELECT g.tenant_id, g.service_tier FROM generations g
            WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = $1 AND (g.tenant_id, g.service_tier) > (q.tenant_id, q.tier)
            ORDER BY g.tenant_id, g.service_tier LIMIT 1
         ) AS next
     )
     SELECT tenant_id AS "tenantId", tier FROM queues`,
    [poolClass],
  );
  return readHeads(
    tx,
    poolClass,
    queues.map((queue) => ({ ...queue, headsWanted: FIRST_HEADS_PER_TENANT })),
  );
}

/** More heads for queues that run low. Read from the top, so that none can be left behind, in the order of `isBeforeInStore`. */
export async function readHeads(tx: StatementTx, poolClass: string, wanted: readonly HeadsWanted[]): Promise<Heads[]> {
  const rows = await tx.prepared<WaitingRow>(
    'read heads',
    `SELECT g.*
       FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS q (tenant_id, tier, heads_wanted)
      CROSS JOIN LATERAL (
        SELECT ${WAITING_COLUMNS} FROM generations g
         WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = $1 AND g.tenant_id = q.tenant_id AND g.service_tier = q.tier
         ORDER BY g.priority DESC, coalesce(least(g.start_by, g.complete_by), 'infinity'), g.created_at, g.id LIMIT q.heads_wanted
      ) AS g`,
    [poolClass, wanted.map(({ tenantId }) => tenantId), wanted.map(({ tier }) => tier), wanted.map(({ headsWanted }) => headsWanted)],
  );
  const byQueue = Map.groupBy(rows, ({ tenant_id, service_tier }) => `${tenant_id} ${service_tier}`);
  return wanted.map(({ tenantId, tier, headsWanted }) => {
    const ofQueue = byQueue.get(`${tenantId} ${tier}`) ?? [];
    return { type: 'heads', tenantId, tier, generations: ofQueue.map((row) => waitingOf(row)), hasMore: ofQueue.length >= headsWanted };
  });
}
