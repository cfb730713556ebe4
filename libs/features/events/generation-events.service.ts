/**
 * The part of a statement that records events of generations, for tenants with an endpoint to tell them to, and announces them. It
 * rides on the statement of the fact, so it costs no round trip; without endpoints it costs one look into a small index.
 * @param facts a query whose columns are tenant_id, project_id, place (the order within a generation), type, id, kind, model, created_at, assets,
 *   reason and traceparent. The statement's `$1` must be the tenants of its group.
 */
export function generationEventCtes(facts: string): string {
  return `
  told_events AS (
    INSERT INTO events (tenant_id, project_id, type, data, traceparent)
    SELECT fact.tenant_id, fact.project_id, fact.type,
           jsonb_strip_nulls(jsonb_build_object('generationId', fact.id, 'kind', fact.kind, 'model', fact.model,
             'createdAt', to_char(fact.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'assets', fact.assets, 'reason', fact.reason)),
           fact.traceparent
      FROM (${facts}) AS fact
     WHERE fact.tenant_id IN (
       SELECT e.tenant_id FROM webhook_endpoints e
        WHERE e.tenant_id = ANY ($1::uuid[]) AND (e.disabled_at IS NULL OR e.disabled_reason = 'failing'))
     ORDER BY fact.place
    RETURNING tenant_id, id, traceparent
  ),
  announced_events AS (
    INSERT INTO outbox (consumer, topic, tenant_id, event_id, traceparent)
    SELECT 'delivery', 'event', tenant_id, id, traceparent FROM told_events ORDER BY id
  )`;
}

/** A column for the statement's own query: wakes who delivers, when there is anything to deliver. */
export const NOTIFY_OF_EVENTS = `(SELECT pg_notify('halogen_delivery', '') FROM told_events LIMIT 1)`;
