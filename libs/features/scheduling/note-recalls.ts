import type { LeaseRef } from '#core/generations/lease';
import { leaseColumns } from '#features/scheduling/lease-keys';
import type { Tx } from '#platform/database/tx';

const KEPT_DAYS = 14;

export interface NotedRecall {
  lease: LeaseRef;
  /** Whose units the lanes go back to. */
  ownerId: string;
}

/**
 * Keeps who recalled lanes from whom, and what work that lost: lane time since the last finished stage of the lease, or since it began. In the
 * transaction of the take-back, so that every recall is there once.
 */
export async function noteRecalls(tx: Tx, recalls: readonly NotedRecall[]): Promise<void> {
  if (recalls.length === 0) return;
  await tx.query(
    `WITH old AS (DELETE FROM recalls WHERE recalled_at < now() - interval '${KEPT_DAYS} days')
     INSERT INTO recalls (pool_class, tenant_id, generation_id, fence, owner_id, node_id, lanes, lost_lane_ms)
     SELECT l.pool_class, l.tenant_id, l.generation_id, l.fence, r.owner_id, l.node_id, cardinality(l.lane_ids),
            cardinality(l.lane_ids) * greatest(0, extract(epoch FROM now() - greatest(coalesce(l.began_at, now()), done.finished_at)) * 1000)::bigint
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[]) AS r (tenant_id, generation_id, fence, owner_id)
       JOIN leases l USING (tenant_id, generation_id, fence)
       LEFT JOIN LATERAL (SELECT max(c.finished_at) AS finished_at FROM checkpoints c
                           WHERE c.tenant_id = l.tenant_id AND c.generation_id = l.generation_id AND c.fence = l.fence) AS done ON true`,
    [...leaseColumns(recalls.map(({ lease }) => lease)), recalls.map(({ ownerId }) => ownerId)],
  );
}
