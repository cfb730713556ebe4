import { webhookTimeoutMs } from '#core/webhooks/webhook-schedule';
import { isSwitchedOff } from '#features/controls/switched-off.service';
import { BEGIN_WITHIN_MS } from '#features/webhooks/served-receiver';
import type { HotPool } from '#platform/database/hot-pool';

export interface EndpointKey {
  tenantId: string;
  endpointId: string;
}

/** How many deliveries of an endpoint are wanted now. */
export interface WantedDeliveries extends EndpointKey {
  count: number;
  /** A probe of an endpoint that is disabled for its failures. */
  probe: boolean;
}

/** A delivery whose attempt is this process's for the time of the claim. */
export interface ClaimedWebhook {
  tenant_id: string;
  endpoint_id: string;
  id: string;
  event_id: string;
  event_type: string;
  sequence: string;
  attempts: number;
  tries: number;
  traceparent: string | null;
  data: Record<string, unknown>;
  created_at: Date;
}

const RECORD_WITHIN_MS = 2_000;

/** Takes due deliveries of several endpoints, of each no more than wanted; of a FIFO endpoint only the oldest. One statement. */
export function claimWebhooks(pool: HotPool, wanted: readonly WantedDeliveries[], timeScale: number): Promise<ClaimedWebhook[]> {
  return pool.query<ClaimedWebhook>(
    `WITH want AS MATERIALIZED (
       SELECT want.*, e.fifo
         FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bool[]) AS want (tenant_id, endpoint_id, count, probe)
         JOIN webhook_endpoints e ON e.tenant_id = want.tenant_id AND e.id = want.endpoint_id
        WHERE CASE WHEN want.probe THEN e.disabled_reason = 'failing' ELSE e.disabled_at IS NULL END
          AND (e.paused_until IS NULL OR e.paused_until <= clock_timestamp())
          AND NOT ${isSwitchedOff('webhooks', 'e.tenant_id')}
     ), due AS MATERIALIZED (
       SELECT d.tenant_id, d.endpoint_id, d.id
         FROM want CROSS JOIN LATERAL (
           SELECT d.tenant_id, d.endpoint_id, d.id FROM webhook_deliveries d
            WHERE d.endpoint_id = want.endpoint_id AND d.tenant_id = want.tenant_id AND ${IS_DUE}
            ORDER BY d.next_attempt_at LIMIT want.count
              FOR UPDATE SKIP LOCKED) AS d
        WHERE NOT want.fifo
     ), ${OLDEST_IN_ORDER}
     UPDATE webhook_deliveries d SET claimed_until = clock_timestamp() + $5 * interval '1 millisecond'
       FROM (SELECT * FROM due UNION ALL SELECT * FROM oldest) AS due, events e
      WHERE d.tenant_id = due.tenant_id AND d.endpoint_id = due.endpoint_id AND d.id = due.id
        AND e.tenant_id = d.tenant_id AND e.id = d.event_id
     RETURNING d.tenant_id, d.endpoint_id, d.id, d.event_id, d.event_type, d.sequence, d.attempts, d.tries, d.traceparent,
       e.data, e.created_at`,
    [
      wanted.map(({ tenantId }) => tenantId),
      wanted.map(({ endpointId }) => endpointId),
      wanted.map(({ count }) => count),
      wanted.map(({ probe }) => probe),
      BEGIN_WITHIN_MS + webhookTimeoutMs(timeScale) + RECORD_WITHIN_MS,
    ],
  );
}

/** Gives claims back without an attempt. */
export async function unclaimWebhooks(pool: HotPool, claimed: readonly ClaimedWebhook[]): Promise<void> {
  await pool.query(
    `UPDATE webhook_deliveries d SET claimed_until = NULL
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[]) AS held (tenant_id, endpoint_id, id, attempts)
      WHERE d.tenant_id = held.tenant_id AND d.endpoint_id = held.endpoint_id AND d.id = held.id AND d.attempts = held.attempts`,
    [
      claimed.map(({ tenant_id }) => tenant_id),
      claimed.map(({ endpoint_id }) => endpoint_id),
      claimed.map(({ id }) => id),
      claimed.map(({ attempts }) => attempts),
    ],
  );
}

/** Endpoints that have something due, and those whose probe is. */
export async function endpointsWithWork(
  pool: HotPool,
  { maxRows, probeEveryMs }: { maxRows: number; probeEveryMs: number },
): Promise<(EndpointKey & { probe: boolean })[]> {
  const probed = await pool.query<{ tenant_id: string; id: string }>(
    `UPDATE webhook_endpoints e SET probe_at = clock_timestamp() + $1 * interval '1 millisecond'
      WHERE e.disabled_reason = 'failing' AND e.probe_at <= clock_timestamp()
        AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND ${IS_DUE})
     RETURNING e.tenant_id, e.id`,
    [probeEveryMs],
  );
  const due = await pool.query<{ tenant_id: string; id: string }>(
    `SELECT e.tenant_id, e.id FROM webhook_endpoints e
      WHERE e.disabled_at IS NULL AND (e.paused_until IS NULL OR e.paused_until <= clock_timestamp())
        AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND ${IS_DUE})
      LIMIT $1`,
    [maxRows],
  );
  const found = (probe: boolean) => (row: { tenant_id: string; id: string }) => ({ tenantId: row.tenant_id, endpointId: row.id, probe });
  return [...probed.map(found(true)), ...due.map(found(false))];
}

const IS_DUE = `d.state = 'pending' AND d.next_attempt_at <= clock_timestamp()
  AND (d.claimed_until IS NULL OR d.claimed_until <= clock_timestamp())`;

/** The oldest is looked for without a lock: skipping a locked one would let its successor overtake it. */
const OLDEST_IN_ORDER = `oldest AS MATERIALIZED (
  SELECT d.tenant_id, d.endpoint_id, d.id
    FROM want CROSS JOIN LATERAL (
      SELECT o.id FROM webhook_deliveries o
       WHERE o.endpoint_id = want.endpoint_id AND o.state = 'pending' AND o.fifo
       ORDER BY o.sequence LIMIT 1) AS first
    CROSS JOIN LATERAL (
      SELECT d.tenant_id, d.endpoint_id, d.id FROM webhook_deliveries d
       WHERE d.tenant_id = want.tenant_id AND d.endpoint_id = want.endpoint_id AND d.id = first.id AND ${IS_DUE}
         FOR UPDATE SKIP LOCKED) AS d
   WHERE want.fifo)`;
