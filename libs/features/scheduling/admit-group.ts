import { leaseLimitMs } from '#core/generations/limits';
import type { Admission } from '#core/scheduling/plan';
import type { Leadership } from '#features/scheduling/leadership';
import type { StatementTx } from '#platform/database/tx';

/**
 * Commits a plan's admissions: only rows that are still queued and have not missed their start; this alone raises a fence. One round trip, whatever the number.
 * @returns the fence of each admitted generation; a planned one that is missing was no longer queued
 */
export async function admitGroup(
  tx: StatementTx,
  { poolClass, epoch }: Pick<Leadership, 'poolClass' | 'epoch'>,
  admissions: readonly Admission[],
): Promise<Map<string, string>> {
  const rows = await tx.prepared<{ id: string; fence: string }>('admit', ADMIT, [
    admissions.map(({ tenantId }) => tenantId),
    admissions.map(({ generationId }) => generationId),
    admissions.map(({ nodeId }) => nodeId),
    admissions.map(({ laneIds }) => arrayLiteral(laneIds)),
    admissions.map(({ estimatedMs }) => leaseLimitMs(estimatedMs)),
    poolClass,
    epoch,
    admissions.map(({ servedFrom }) => servedFrom),
  ]);
  return new Map(rows.map(({ id, fence }) => [id, fence]));
}

/**
 * Locks generations before leases before occupancies, each sorted, as every transaction does. Lanes come as array literals: `unnest` would
 * flatten arrays. A lane that is not the node's becomes a null, which no occupancy takes: the group is undone (docs/decisions/0018).
 * Rows are looked up one by one, by their keys (docs/decisions/0021).
 */
const ADMIT = `
  WITH planned AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::float8[], $8::text[])
      AS p (tenant_id, id, node_id, lane_ids, limit_ms, served_from) ORDER BY id
  ), queued AS MATERIALIZED (
    SELECT p.*
      FROM planned p CROSS JOIN LATERAL (
        SELECT state, is_held, start_by, first_began_at FROM generations
         WHERE tenant_id = p.tenant_id AND id = p.id LIMIT 1 FOR NO KEY UPDATE
      ) AS g
     WHERE g.state = 'queued' AND NOT g.is_held AND (g.start_by >= now() OR g.start_by IS NULL OR g.first_began_at IS NOT NULL)
  ), admitted AS (
    UPDATE generations g SET state = 'admitted', fence = g.fence + 1
      FROM queued q WHERE g.tenant_id = q.tenant_id AND g.id = q.id
    RETURNING g.tenant_id, g.id, g.fence, g.traceparent, q.node_id, q.lane_ids, q.limit_ms, q.served_from
  ), leased AS (
    INSERT INTO leases (tenant_id, generation_id, fence, pool_class, node_id, lane_ids, epoch, served_from, traceparent, expires_at)
    SELECT tenant_id, id, fence, $6, node_id, lane_ids::text[], $7::bigint, served_from, traceparent, now() + limit_ms * interval '1 millisecond'
      FROM admitted
    RETURNING tenant_id, generation_id, fence, node_id, lane_ids
  ), occupied AS (
    INSERT INTO lane_occupancies (lane_id, tenant_id, generation_id, fence)
    SELECT l.id, leased.tenant_id, leased.generation_id, leased.fence
      FROM leased CROSS JOIN unnest(leased.lane_ids) AS named (lane_id)
      LEFT JOIN LATERAL (SELECT id, node_id FROM lanes WHERE id = named.lane_id LIMIT 1) AS l ON l.node_id = leased.node_id
     ORDER BY named.lane_id
  ), announced AS (
    INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, payload, traceparent)
    SELECT 'workflow', 'admitted', tenant_id, id, $6, jsonb_build_object('fence', fence::text), traceparent FROM admitted
  )
  SELECT id, fence, (SELECT pg_notify('halogen_workflow', '')) FROM admitted`;

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
