import type { EventData, EventType } from '#contracts/events/catalogue';
import type { Tx } from '#platform/database/tx';

/** An event of the catalogue about one tenant, ready to be recorded. */
export type TenantEvent = {
  [Type in EventType]: {
    tenantId: string;
    type: Type;
    data: EventData<Type>;
    projectId?: string;
    traceparent?: string;
  };
}[EventType];

/** What is told of a batch is told of its project. */
const PROJECT_OF_BATCH = `CASE WHEN e.data ? 'batchId' THEN
  (SELECT b.project_id FROM batches b WHERE b.tenant_id = e.tenant_id AND b.id = (e.data ->> 'batchId')::uuid) END`;

/** Records events in the transaction of their facts, each with one outbox row from which it is delivered. */
export async function recordEvents(tx: Tx, events: readonly TenantEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `WITH recorded AS (
       INSERT INTO events (tenant_id, type, data, project_id, traceparent)
       SELECT e.tenant_id, e.type, e.data, coalesce(e.project_id, ${PROJECT_OF_BATCH}), e.traceparent
         FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::uuid[], $5::text[]) AS e (tenant_id, type, data, project_id, traceparent)
       RETURNING tenant_id, id, traceparent
     ), announced AS (
       INSERT INTO outbox (consumer, topic, tenant_id, event_id, traceparent)
       SELECT 'delivery', 'event', tenant_id, id, traceparent FROM recorded
     )
     SELECT pg_notify('halogen_delivery', '')`,
    [
      events.map(({ tenantId }) => tenantId),
      events.map(({ type }) => type),
      events.map(({ data }) => JSON.stringify(data)),
      events.map(({ projectId }) => projectId ?? null),
      events.map(({ traceparent }) => traceparent ?? null),
    ],
  );
}
