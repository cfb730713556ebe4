import type { LeaseRef } from '#core/generations/lease';
import { generationEventCtes } from '#features/events/generation-events.service';
import { leaseColumns } from '#features/scheduling/lease-keys';
import type { StatementTx } from '#platform/database/tx';

export interface Began extends LeaseRef {
  nodeId: string;
}

/** The first stage of a lease has begun on its node: the generation runs, and is announced to its customer the first time. One round trip. */
export async function noteBegan(tx: StatementTx, began: readonly Began[]): Promise<void> {
  await tx.prepared(
    'note began',
    `WITH begun AS MATERIALIZED (
       SELECT g.tenant_id, g.id, g.fence, g.first_began_at IS NULL AS is_news
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS b (tenant_id, generation_id, fence, node_id)
         JOIN generations g ON g.tenant_id = b.tenant_id AND g.id = b.generation_id
         JOIN leases l ON l.tenant_id = b.tenant_id AND l.generation_id = b.generation_id AND l.fence = b.fence AND l.node_id = b.node_id
        WHERE g.fence = b.fence AND g.state = 'admitted'
        ORDER BY g.id FOR NO KEY UPDATE OF g
     ), running AS (
       UPDATE generations g SET state = 'running', first_began_at = coalesce(g.first_began_at, now())
         FROM begun b WHERE g.tenant_id = b.tenant_id AND g.id = b.id AND g.fence = b.fence AND g.state = 'admitted'
       RETURNING g.tenant_id, g.project_id, g.id, g.fence, g.pool_class, g.traceparent, g.kind, g.model, g.created_at, b.is_news,
                 b.is_news AND g.callback_url IS NOT NULL AS is_called_back
     ), leased AS MATERIALIZED (
       SELECT l.tenant_id, l.generation_id, l.fence
         FROM running r JOIN leases l ON l.tenant_id = r.tenant_id AND l.generation_id = r.id AND l.fence = r.fence
        ORDER BY l.generation_id FOR NO KEY UPDATE OF l
     ), stamped AS (
       UPDATE leases l SET began_at = coalesce(l.began_at, now())
         FROM leased r WHERE l.tenant_id = r.tenant_id AND l.generation_id = r.generation_id AND l.fence = r.fence AND l.ended_at IS NULL
     ), announced AS (
       INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, payload, traceparent)
       SELECT 'delivery', 'dreaming', tenant_id, id, pool_class, jsonb_build_object('fence', fence::text), traceparent
         FROM running WHERE is_called_back
     ), ${generationEventCtes(`
       SELECT tenant_id, project_id, 1 AS place, 'generation.running' AS type, id, kind, model, created_at, NULL::jsonb AS assets, NULL::text AS reason, traceparent
         FROM running WHERE is_news`)}
     SELECT pg_notify('halogen_stream', ''), pg_notify('halogen_delivery', '') FROM running LIMIT 1`,
    [...leaseColumns(began), began.map(({ nodeId }) => nodeId)],
  );
}
