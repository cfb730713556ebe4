import { Injectable } from '@nestjs/common';
import { EVENTS } from '#contracts/events/catalogue';
import type { Attempt, DeliveriesQuery, Delivery, DeliveryWithLog, ReplayDeliveries } from '#contracts/native/webhooks';
import type { Caller } from '#core/access/caller';
import { wantsType } from '#core/webhooks/event-filter';
import { MAX_REPLAYED_AT_ONCE } from '#core/webhooks/limits';
import { seesEndpoint } from '#features/webhooks/endpoints.service';
import type { FirstAttempt } from '#features/webhooks/record-webhooks';
import { USER_AGENT, webhookBody } from '#features/webhooks/webhook-attempt';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { SignedUrls } from '#platform/storage/signed-urls';

export type NotFound = { refused: 'not_found' };
export type ReplayRefusal = { refused: 'not_found' | 'endpoint_disabled' };

/** The log of a tenant's deliveries, and their replay. */
@Injectable()
export class DeliveryLogService {
  constructor(
    private readonly pool: HotPool,
    private readonly signedUrls: SignedUrls,
  ) {}

  /** Newest first. */
  async list(caller: Caller, endpointId: string, { cursor, limit, ...filter }: DeliveriesQuery): Promise<DeliveryPage | NotFound> {
    return this.ofEndpoint(caller, endpointId, async (tx) => {
      const rows = await tx.query<DeliveryRow>(
        `SELECT ${COLUMNS} FROM webhook_deliveries d
          WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND ${FITS} AND ($7::uuid IS NULL OR d.id < $7)
          ORDER BY d.id DESC LIMIT $8`,
        [caller.tenantId, endpointId, ...filterParameters(filter), cursor ?? null, limit + 1],
      );
      const page = rows.slice(0, limit);
      return { deliveries: page.map(deliveryOf), nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    });
  }

  async get(caller: Caller, endpointId: string, id: string): Promise<DeliveryWithLog | NotFound> {
    return this.ofEndpoint<DeliveryWithLog | NotFound>(caller, endpointId, async (tx) => {
      const [row] = await tx.query<DeliveryRow & { data: Record<string, unknown>; told_at: Date; first_attempt: FirstAttempt | null }>(
        `SELECT ${COLUMNS}, d.first_attempt, e.data, e.created_at AS told_at
           FROM webhook_deliveries d JOIN events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
          WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.id = $3`,
        [caller.tenantId, endpointId, id],
      );
      if (!row) return { refused: 'not_found' };
      const attempts = await tx.query<AttemptRow>(
        'SELECT * FROM webhook_attempts WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY attempt',
        [caller.tenantId, id],
      );
      const event = { event_type: row.event_type, sequence: row.sequence, data: row.data, created_at: row.told_at };
      return {
        ...deliveryOf(row),
        request: {
          headers: { 'content-type': 'application/json', 'user-agent': USER_AGENT, 'webhook-id': row.event_id },
          body: webhookBody(event, (key) => this.signedUrls.assetUrl(key)),
        },
        log: [...(row.first_attempt ? [firstOf(row.first_attempt)] : []), ...attempts.map(attemptOf)],
      };
    });
  }

  /** Makes a delivery due now, with a new schedule and the same webhook id. */
  async replay(caller: Caller, endpointId: string, id: string): Promise<Delivery | NotFound> {
    return this.ofEndpoint<Delivery | NotFound>(caller, endpointId, async (tx) => {
      const [row] = await tx.query<DeliveryRow>(
        `UPDATE webhook_deliveries d SET ${REPLAYED} WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.id = $3 RETURNING ${COLUMNS}`,
        [caller.tenantId, endpointId, id],
      );
      return row ? deliveryOf(row) : { refused: 'not_found' };
    });
  }

  /** The same for all that fit, the oldest first. What already waits for an attempt is left to it, unless the filter asks for it. */
  async replayAll(caller: Caller, endpointId: string, filter: ReplayDeliveries): Promise<Replayed | ReplayRefusal> {
    return this.ofEndpoint<Replayed | ReplayRefusal>(caller, endpointId, async (tx) => {
      if (filter.missing) return replayMissing(tx, caller, endpointId, filter);
      const replayed = await replayKept(tx, caller, endpointId, filter);
      return { replayed, more: replayed === MAX_REPLAYED_AT_ONCE };
    });
  }

  private ofEndpoint<T>(caller: Caller, endpointId: string, work: (tx: Tx) => Promise<T>): Promise<T | NotFound> {
    return this.pool.transaction<T | NotFound>('webhook log', [caller.tenantId], async (tx) =>
      (await seesEndpoint(tx, caller, endpointId)) ? work(tx) : { refused: 'not_found' },
    );
  }
}

interface Replayed {
  replayed: number;
  more: boolean;
}

/** @returns how many */
async function replayKept(tx: Tx, { tenantId }: Caller, endpointId: string, filter: ReplayDeliveries): Promise<number> {
  const rows = await tx.query(
    `UPDATE webhook_deliveries d SET ${REPLAYED}
      WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.id IN (
        SELECT d.id FROM webhook_deliveries d
         WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND ${FITS} AND ($4::text IS NOT NULL OR d.state <> 'pending')
         ORDER BY d.id LIMIT $7)
     RETURNING 1`,
    [tenantId, endpointId, ...filterParameters(filter), MAX_REPLAYED_AT_ONCE],
  );
  return rows.length;
}

/** What was given up is due again; what has no delivery is announced to this endpoint, and gets one from the relay. */
async function replayMissing(tx: Tx, caller: Caller, endpointId: string, filter: ReplayDeliveries): Promise<Replayed | ReplayRefusal> {
  const [endpoint] = await tx.query<{ event_types: string[] | null; project_id: string | null; disabled_at: Date | null }>(
    'SELECT event_types, project_id, disabled_at FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2',
    [caller.tenantId, endpointId],
  );
  if (!endpoint) return { refused: 'not_found' };
  if (endpoint.disabled_at) return { refused: 'endpoint_disabled' };
  const givenUp = await replayKept(tx, caller, endpointId, { ...filter, state: 'given_up' });
  const wanted = Object.keys(EVENTS).filter((type) => wantsType(endpoint.event_types, type) && (filter.eventType ?? type) === type);
  const announced = await tx.query(
    `WITH missing AS (
       SELECT e.id, e.traceparent FROM events e
        WHERE e.tenant_id = $1 AND e.type = ANY ($3::text[]) AND ($4::uuid IS NULL OR e.project_id = $4)
          AND (e.endpoint_id IS NULL OR e.endpoint_id = $2)
          AND ($5::timestamptz IS NULL OR e.created_at >= $5) AND ($6::timestamptz IS NULL OR e.created_at < $6)
          AND NOT EXISTS (
            SELECT 1 FROM webhook_deliveries d WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.event_id = e.id)
        ORDER BY e.id LIMIT $7
     ), announced AS (
       INSERT INTO outbox (consumer, topic, tenant_id, event_id, payload, traceparent)
       SELECT 'delivery', 'event', $1, id, jsonb_build_object('endpointId', $2::text), traceparent FROM missing ORDER BY id
     )
     SELECT id FROM missing`,
    [caller.tenantId, endpointId, wanted, endpoint.project_id, pointOf(filter.from), pointOf(filter.to), MAX_REPLAYED_AT_ONCE],
  );
  await tx.query(`SELECT pg_notify('halogen_delivery', '')`);
  return {
    replayed: givenUp + announced.length,
    more: givenUp === MAX_REPLAYED_AT_ONCE || announced.length === MAX_REPLAYED_AT_ONCE,
  };
}

export interface DeliveryPage {
  deliveries: Delivery[];
  nextCursor: string | null;
}

interface DeliveryRow {
  id: string;
  event_id: string;
  event_type: string;
  sequence: string;
  state: Delivery['state'];
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: Date;
  created_at: Date;
  finished_at: Date | null;
}

interface AttemptRow {
  attempt: number;
  url: string;
  started_at: Date;
  duration_ms: number;
  status: number | null;
  error: string | null;
  answer_headers: Record<string, unknown> | null;
  answer_body: string | null;
  next_attempt_at: Date | null;
}

const COLUMNS = `d.id, d.event_id, d.event_type, d.sequence, d.state, d.attempts, d.last_status, d.last_error, d.next_attempt_at, d.created_at,
  d.finished_at`;

/** A claim that is still held runs out first: an attempt under way is not doubled. */
const REPLAYED = `state = 'pending', tries = 0, next_attempt_at = clock_timestamp(), finished_at = NULL`;

const FITS = `($3::text IS NULL OR d.event_type = $3) AND ($4::text IS NULL OR d.state = $4)
  AND ($5::timestamptz IS NULL OR d.created_at >= $5) AND ($6::timestamptz IS NULL OR d.created_at < $6)`;

function filterParameters({ eventType, state, from, to }: Omit<ReplayDeliveries, 'missing'>): unknown[] {
  return [eventType ?? null, state ?? null, pointOf(from), pointOf(to)];
}

/** Postgres reads less than ISO 8601 writes: it has no year 0 and no year +10000. */
function pointOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    eventType: row.event_type,
    sequence: Number(row.sequence),
    state: row.state,
    attempts: row.attempts,
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextAttemptAt: row.state === 'pending' ? row.next_attempt_at.toISOString() : null,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

function firstOf(first: FirstAttempt): Attempt {
  return attemptOf({ ...first, attempt: 1, started_at: new Date(first.started_at), error: null, next_attempt_at: null });
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    attempt: row.attempt,
    startedAt: row.started_at.toISOString(),
    durationMs: row.duration_ms,
    url: row.url,
    status: row.status,
    error: row.error,
    answerHeaders: row.answer_headers,
    answerBody: row.answer_body,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
  };
}
