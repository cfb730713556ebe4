import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { GenerationState } from '#core/generations/state';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import { MAX_CHANGES_PER_READ } from '#features/scheduling/limits';
import type { EndReason } from '#features/scheduling/read-leases';
import { WAITING_COLUMNS, type WaitingRow, waitingOf } from '#features/scheduling/waiting-rows';
import type { HotTx } from '#platform/database/tx';

export interface EndedLease {
  lease: LeaseRef;
  reason: EndReason;
  isFreed: boolean;
  ranMs: number;
}

/** What an outbox row was about, as it stands now: rows may come late, twice or out of order. */
export type CommittedChange = ChangeOfGeneration | MoreWaiting;

interface ChangeOfGeneration {
  generationId: string;
  /** The generation, if it is in the queue. */
  waiting: WaitingGeneration | null;
  ended: EndedLease | null;
}

/** A batch brought, or let go of, more than anyone counts: the heads of that queue are to be read again. */
interface MoreWaiting {
  more: { tenantId: string; tier: ServiceTier };
}

/** Takes rows out of the outbox, to be applied once the transaction is committed. One round trip. */
export async function takeChanges(tx: HotTx, poolClass: string, nowMs: number): Promise<CommittedChange[]> {
  const rows = await tx.prepared<ChangeRow>(
    'take changes',
    `WITH claimed AS MATERIALIZED (
       SELECT id FROM outbox WHERE consumer = 'scheduler' AND pool_class = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
     ), taken AS (
       DELETE FROM outbox o USING claimed c WHERE o.id = c.id
       RETURNING o.id, o.tenant_id, o.generation_id, o.topic, o.payload ->> 'tier' AS of_tier, (o.payload ->> 'fence')::bigint AS fence
     )
     SELECT t.id AS change_id, t.topic, t.tenant_id AS of_tenant_id, t.of_tier, t.generation_id, ${WAITING_COLUMNS}, g.state, g.is_held, g.pool_class,
            l.fence AS lease_fence, l.end_reason, l.freed_at IS NOT NULL AS is_freed,
            (extract(epoch FROM l.ended_at - coalesce(l.began_at, l.admitted_at)) * 1000)::float8 AS ran_ms
       FROM taken t
       LEFT JOIN generations g ON g.tenant_id = t.tenant_id AND g.id = t.generation_id
       LEFT JOIN leases l ON l.tenant_id = t.tenant_id AND l.generation_id = t.generation_id AND l.fence = t.fence
      ORDER BY t.id`,
    [poolClass, MAX_CHANGES_PER_READ],
  );
  return rows.map((row) =>
    row.topic === 'batch_queued' ? { more: { tenantId: row.of_tenant_id, tier: row.of_tier } } : changeOf(row, poolClass, nowMs),
  );
}

function changeOf(row: ChangeRow, poolClass: string, nowMs: number): ChangeOfGeneration {
  const isWaiting = row.state === 'queued' && row.pool_class === poolClass && !row.is_held;
  return {
    generationId: row.generation_id,
    waiting: isWaiting ? waitingOf(row, row.fence === '0' ? undefined : nowMs) : null,
    ended: endedLeaseOf(row),
  };
}

function endedLeaseOf({ tenant_id, generation_id, lease_fence, end_reason, is_freed, ran_ms }: ChangeRow): EndedLease | null {
  if (lease_fence === null || end_reason === null) return null;
  return {
    lease: { tenantId: tenant_id, generationId: generation_id, fence: lease_fence },
    reason: end_reason,
    isFreed: is_freed,
    ranMs: ran_ms ?? 0,
  };
}

interface ChangeRow extends WaitingRow {
  topic: string;
  of_tenant_id: string;
  of_tier: ServiceTier;
  is_held: boolean;
  generation_id: string;
  state: GenerationState;
  pool_class: string;
  lease_fence: string | null;
  end_reason: EndReason | null;
  is_freed: boolean;
  ran_ms: number | null;
}
