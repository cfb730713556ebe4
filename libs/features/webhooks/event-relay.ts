import { Inject, Injectable } from '@nestjs/common';
import { wantsEvent } from '#core/webhooks/event-filter';
import type { EndpointKey } from '#features/webhooks/claim-webhooks';
import { WebhookDispatcher } from '#features/webhooks/webhook-dispatcher';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import type { Tx } from '#platform/database/tx';
import { OutboxRelay, relayed } from '#platform/outbox/outbox-relay';

interface EventFact {
  /** Of the outbox row. */
  id: string;
  tenant_id: string;
  event_id: string;
  type: string;
  project_id: string | null;
  /** Set for an event that is for one endpoint only: a test, or one that it missed. */
  endpoint_id: string | null;
  traceparent: string | null;
  created_at: Date;
}

interface Endpoint {
  tenant_id: string;
  id: string;
  event_types: string[] | null;
  project_id: string | null;
  fifo: boolean;
}

interface NewDelivery {
  fact: EventFact;
  endpoint: Endpoint;
  sequence: bigint;
}

const RELAY_LOCK = 4_207_312;
const MAX_FACTS_AT_ONCE = 500;

/** Numbers the events of each tenant in the order in which they became true, and makes a delivery for each endpoint that wants them. */
@Injectable()
export class EventRelay extends OutboxRelay<EventFact> {
  constructor(
    @Inject(HotPool) pool: HotPool,
    @Inject(Notifications) notifications: Notifications,
    @Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher,
  ) {
    super(pool, notifications, {
      consumer: 'delivery',
      only: 'event_id IS NOT NULL',
      maxRows: MAX_FACTS_AT_ONCE,
      claim: takeAlone,
      claimDeletes: true,
    });
  }

  protected async relay(tx: Tx, facts: readonly EventFact[]): Promise<() => void> {
    const endpoints = Map.groupBy(await endpointsOf(tx, facts), ({ tenant_id }) => tenant_id);
    const told = facts.filter(({ tenant_id }) => endpoints.has(tenant_id));
    if (told.length === 0) return () => {};
    const sequences = await nextSequences(tx, told);
    const known = await knownDeliveries(tx, told);
    const deliveries = told.flatMap((fact): NewDelivery[] => {
      const sequence = sequences(fact.tenant_id);
      const wanting = (endpoints.get(fact.tenant_id) ?? [])
        .filter((endpoint) => isFor(endpoint, fact))
        .filter(({ id }) => !known.has(pairOf(id, fact.event_id)));
      for (const { id } of wanting) known.add(pairOf(id, fact.event_id)); // two may have asked for what was missing
      return wanting.map((endpoint) => ({ fact, endpoint, sequence }));
    });
    await addDeliveries(tx, deliveries);
    const woken = new Map(deliveries.map(({ endpoint }): [string, EndpointKey] => [endpoint.id, keyOf(endpoint)]));
    return () => this.dispatcher.wake(woken.values());
  }
}

function isFor(endpoint: Endpoint, { endpoint_id, type, project_id }: EventFact): boolean {
  if (endpoint_id) return endpoint.id === endpoint_id;
  return wantsEvent({ eventTypes: endpoint.event_types, projectId: endpoint.project_id }, { type, projectId: project_id });
}

/** Which events for one endpoint only it has a delivery of already: what it missed is asked for again while it is on its way. */
async function knownDeliveries(tx: Tx, facts: readonly EventFact[]): Promise<Set<string>> {
  const single = facts.filter(({ endpoint_id }) => endpoint_id !== null);
  if (single.length === 0) return new Set();
  const rows = await tx.query<{ endpoint_id: string; event_id: string }>(
    `SELECT d.endpoint_id, d.event_id FROM webhook_deliveries d
       JOIN unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS fact (tenant_id, endpoint_id, event_id) USING (tenant_id, endpoint_id, event_id)`,
    [single.map(({ tenant_id }) => tenant_id), single.map(({ endpoint_id }) => endpoint_id), single.map(({ event_id }) => event_id)],
  );
  return new Set(rows.map(({ endpoint_id, event_id }) => pairOf(endpoint_id, event_id)));
}

function pairOf(endpointId: string, eventId: string): string {
  return `${endpointId} ${eventId}`;
}

function keyOf({ tenant_id, id }: Endpoint): EndpointKey {
  return { tenantId: tenant_id, endpointId: id };
}

/**
 * One relay at a time: a second one would give later numbers to earlier events. Whoever finds the lock taken has nothing to do. Rows are
 * taken by deleting them, so that those which the relay before deleted after this statement began are left out.
 */
function takeAlone(tx: Tx, maxRows: number): Promise<EventFact[]> {
  return tx.query<EventFact>(
    `WITH alone AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS taken), oldest AS MATERIALIZED (
       SELECT o.id FROM alone CROSS JOIN outbox o
        WHERE alone.taken AND o.consumer = 'delivery' AND o.event_id IS NOT NULL AND o.next_attempt_at <= now()
        ORDER BY o.id LIMIT $2
     ), taken AS (
       DELETE FROM outbox o USING oldest WHERE o.id = oldest.id RETURNING o.*
     )
     SELECT o.id, o.tenant_id, o.event_id, e.type, e.project_id, o.payload ->> 'endpointId' AS endpoint_id, o.traceparent, o.created_at
       FROM taken o JOIN events e ON e.tenant_id = o.tenant_id AND e.id = o.event_id
      ORDER BY o.id`,
    [RELAY_LOCK, maxRows],
  );
}

/**
 * An endpoint that was disabled for its failures may come back: what happens meanwhile waits for it. Locked, so that nobody changes an
 * endpoint's order between this look and the delivery that carries it.
 */
function endpointsOf(tx: Tx, facts: readonly EventFact[]): Promise<Endpoint[]> {
  return tx.query<Endpoint>(
    `SELECT tenant_id, id, event_types, project_id, fifo FROM webhook_endpoints
      WHERE tenant_id = ANY ($1::uuid[]) AND (disabled_at IS NULL OR disabled_reason = 'failing')
      ORDER BY tenant_id, id FOR SHARE`,
    [[...new Set(facts.map(({ tenant_id }) => tenant_id))]],
  );
}

/** @returns a function that answers a tenant's numbers one after the other */
async function nextSequences(tx: Tx, facts: readonly EventFact[]): Promise<(tenantId: string) => bigint> {
  const counts = [...Map.groupBy(facts, ({ tenant_id }) => tenant_id)].map(([tenantId, { length }]) => ({ tenantId, length }));
  const rows = await tx.query<{ tenant_id: string; last: string; count: string }>(
    `INSERT INTO webhook_sequences AS s (tenant_id, last)
     SELECT * FROM unnest($1::uuid[], $2::bigint[])
     ON CONFLICT (tenant_id) DO UPDATE SET last = s.last + excluded.last
     RETURNING tenant_id, last`,
    [counts.map(({ tenantId }) => tenantId), counts.map(({ length }) => length)],
  );
  const countOf = new Map(counts.map(({ tenantId, length }) => [tenantId, BigInt(length)]));
  const given = new Map(rows.map(({ tenant_id, last }) => [tenant_id, BigInt(last) - (countOf.get(tenant_id) ?? 0n)]));
  return (tenantId) => {
    const next = (given.get(tenantId) ?? 0n) + 1n;
    given.set(tenantId, next);
    return next;
  };
}

async function addDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await tx.query(
    `INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_id, event_type, sequence, fifo, traceparent)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bool[], $7::text[])`,
    [
      deliveries.map(({ fact }) => fact.tenant_id),
      deliveries.map(({ endpoint }) => endpoint.id),
      deliveries.map(({ fact }) => fact.event_id),
      deliveries.map(({ fact }) => fact.type),
      deliveries.map(({ sequence }) => sequence),
      deliveries.map(({ endpoint }) => endpoint.fifo),
      deliveries.map(({ fact }) => relayed(`event ${fact.type}`, fact)), // the deliveries hang below it
    ],
  );
}
