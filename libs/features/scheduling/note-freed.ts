import type { LeaseRef } from '#core/generations/lease';
import { leaseColumns, leaseKeyOf } from '#features/scheduling/lease-keys';
import type { StatementTx } from '#platform/database/tx';

export interface Freed extends LeaseRef {
  nodeId: string;
}

/**
 * Frees the lanes of ended leases. May be repeated. One round trip.
 * @returns keys of leases that are still living, and so were left alone
 */
export async function noteFreed(tx: StatementTx, freed: readonly Freed[]): Promise<Set<string>> {
  const rows = await tx.prepared<{ generation_id: string; fence: string }>(
    'note freed',
    `WITH named AS MATERIALIZED (
       SELECT l.tenant_id, l.generation_id, l.fence, l.lane_ids, l.ended_at
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS f (tenant_id, generation_id, fence, node_id)
         JOIN leases l ON l.tenant_id = f.tenant_id AND l.generation_id = f.generation_id AND l.fence = f.fence AND l.node_id = f.node_id
        ORDER BY l.generation_id, l.fence FOR NO KEY UPDATE OF l
     ), freed AS (
       UPDATE leases l SET freed_at = now()
         FROM named n
        WHERE l.tenant_id = n.tenant_id AND l.generation_id = n.generation_id AND l.fence = n.fence AND l.ended_at IS NOT NULL AND l.freed_at IS NULL
     ), vacated AS (
       DELETE FROM lane_occupancies o USING named n CROSS JOIN unnest(n.lane_ids) AS held (lane_id)
        WHERE o.lane_id = held.lane_id AND o.generation_id = n.generation_id AND o.fence = n.fence AND n.ended_at IS NOT NULL
     )
     SELECT generation_id, fence FROM named WHERE ended_at IS NULL`,
    [...leaseColumns(freed), freed.map(({ nodeId }) => nodeId)],
  );
  return new Set(rows.map(({ generation_id, fence }) => leaseKeyOf({ tenantId: '', generationId: generation_id, fence })));
}
