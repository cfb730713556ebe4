import { type AfterWebhook, webhookTimeoutMs } from '#core/webhooks/webhook-schedule';
import { aboutHeaders, aboutSecret, decryptHeaders, type KeptHeaders } from '#features/webhooks/encrypted-endpoint';
import type { HotPool } from '#platform/database/hot-pool';
import type { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** How many deliveries of an endpoint are wanted now. */
export interface WantedDeliveries {
  tenantId: string;
  endpointId: string;
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

/** Where a claimed delivery goes and how, as it stood at the claim. */
export interface WebhookTarget {
  tenant_id: string;
  id: string;
  url: string;
  headers: Record<string, string>;
  max_per_second: number | null;
  fifo: boolean;
  failing_since: Date | null;
  disabled_reason: string | null;
  /** Newest first. */
  secrets: string[];
}

/** One attempt as it went. */
export interface AttemptLog {
  url: string;
  startedAt: Date;
  durationMs: number;
  status: number | null;
  error: string | null;
  answerHeaders: Record<string, unknown> | null;
  answerBody: string | null;
}

export interface EndedWebhook {
  delivery: ClaimedWebhook;
  log: AttemptLog;
  after: AfterWebhook;
}

/** An attempt must begin within this time of its claim, and is over by the end of the claim: nobody else makes it meanwhile. */
export const BEGIN_WEBHOOK_WITHIN_MS = 3_000;
const RECORD_WITHIN_MS = 2_000;
const MAX_ERROR_CHARACTERS = 500;

/** Takes due deliveries of several endpoints, of each no more than wanted; of a FIFO endpoint only the oldest. One statement. */
export function claimWebhooks(pool: HotPool, wanted: readonly WantedDeliveries[], timeScale: number): Promise<ClaimedWebhook[]> {
  return pool.query<ClaimedWebhook>(
    `WITH want AS MATERIALIZED (
       SELECT want.*, e.fifo
         FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bool[]) AS want (tenant_id, endpoint_id, count, probe)
         JOIN webhook_endpoints e ON e.tenant_id = want.tenant_id AND e.id = want.endpoint_id
        WHERE CASE WHEN want.probe THEN e.disabled_reason = 'failing' ELSE e.disabled_at IS NULL END
          AND (e.paused_until IS NULL OR e.paused_until <= clock_timestamp())
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
      BEGIN_WEBHOOK_WITHIN_MS + webhookTimeoutMs(timeScale) + RECORD_WITHIN_MS,
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

/** A target as its rows keep it. */
type KeptTarget = Omit<WebhookTarget, 'headers'> & { headers: KeptHeaders };

/** Read with every claim and never kept: a rotated secret, a new URL or a disabled endpoint counts from the next delivery on. */
export function targetsOf(pool: HotPool, endpoints: readonly { tenantId: string; endpointId: string }[]): Promise<KeptTarget[]> {
  return pool.query<KeptTarget>(
    `SELECT e.tenant_id, e.id, e.url, e.headers, e.max_per_second, e.fifo, e.failing_since, e.disabled_reason,
            ARRAY(SELECT s.secret FROM webhook_secrets s
                   WHERE s.tenant_id = e.tenant_id AND s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())
                   ORDER BY s.id DESC) AS secrets
       FROM webhook_endpoints e JOIN unnest($1::uuid[], $2::uuid[]) AS wanted (tenant_id, id) USING (tenant_id, id)`,
    [endpoints.map(({ tenantId }) => tenantId), endpoints.map(({ endpointId }) => endpointId)],
  );
}

/** @throws Undecryptable when its secrets or headers were encrypted with a key that is not configured */
export function decryptTarget(keys: EncryptionKeys, kept: KeptTarget): WebhookTarget {
  const { tenant_id, id } = kept;
  return {
    ...kept,
    headers: decryptHeaders(keys, kept.headers, aboutHeaders(tenant_id, id)),
    secrets: kept.secrets.map((secret) => keys.decrypt(secret, aboutSecret(tenant_id, id))),
  };
}

/**
 * Writes how attempts ended, and their log: with the delivery when the first attempt delivered, as a row otherwise. An attempt that
 * outlived its claim, and was made again meanwhile, changes nothing.
 */
export async function recordWebhooks(pool: HotPool, ended: readonly EndedWebhook[]): Promise<undefined[]> {
  const logged = ended.map(({ log, ...of }) => (deliveredAtOnce(of) ? { first: firstAttempt(log) } : { row: log }));
  await pool.query(
    `WITH held AS MATERIALIZED (
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::int[], $7::text[], $8::float8[], $9::timestamptz[],
                            $10::int[], $11::jsonb[], $12::text[], $13::text[], $14::json[])
         AS held (tenant_id, endpoint_id, id, attempts, state, status, error, retry_after_ms, started_at, duration_ms, answer_headers,
                  answer_body, url, first_attempt)
     ), recorded AS (
       UPDATE webhook_deliveries d
          SET state = held.state, attempts = d.attempts + 1, tries = d.tries + 1, last_status = held.status, last_error = held.error,
              claimed_until = NULL, first_attempt = coalesce(held.first_attempt, d.first_attempt),
              next_attempt_at = CASE WHEN held.state = 'pending' THEN clock_timestamp() + held.retry_after_ms * interval '1 millisecond'
                                     ELSE d.next_attempt_at END,
              finished_at = CASE WHEN held.state <> 'pending' THEN clock_timestamp() END
         FROM held
        WHERE d.tenant_id = held.tenant_id AND d.endpoint_id = held.endpoint_id AND d.id = held.id
          AND d.attempts = held.attempts AND d.state = 'pending'
       RETURNING d.tenant_id, d.id, d.attempts, d.state, d.next_attempt_at
     )
     INSERT INTO webhook_attempts (tenant_id, delivery_id, attempt, url, started_at, duration_ms, status, error, answer_headers, answer_body,
                                   next_attempt_at)
     SELECT r.tenant_id, r.id, r.attempts, held.url, held.started_at, held.duration_ms, held.status, held.error, held.answer_headers,
            held.answer_body, CASE WHEN r.state = 'pending' THEN r.next_attempt_at END
       FROM recorded r JOIN held ON held.tenant_id = r.tenant_id AND held.id = r.id
      WHERE held.first_attempt IS NULL
     ON CONFLICT DO NOTHING`,
    [
      ended.map(({ delivery }) => delivery.tenant_id),
      ended.map(({ delivery }) => delivery.endpoint_id),
      ended.map(({ delivery }) => delivery.id),
      ended.map(({ delivery }) => delivery.attempts),
      ended.map(({ after }) => after.state),
      ended.map(({ log }) => log.status),
      ended.map(({ log }) => log.error?.slice(0, MAX_ERROR_CHARACTERS) ?? null),
      ended.map(({ after }) => after.retryAfterMs),
      ended.map(({ log }) => log.startedAt),
      ended.map(({ log }) => Math.round(log.durationMs)),
      logged.map(({ row }) => row?.answerHeaders && JSON.stringify(row.answerHeaders)),
      logged.map(({ row }) => row?.answerBody),
      logged.map(({ row }) => row?.url),
      logged.map(({ first }) => first && JSON.stringify(first)),
    ],
  );
  return ended.map(() => undefined);
}

function deliveredAtOnce({ delivery, after }: Pick<EndedWebhook, 'delivery' | 'after'>): boolean {
  return delivery.attempts === 0 && after.state === 'delivered';
}

/** The log of a first attempt that delivered, in the form of a row of `webhook_attempts` as JSON. */
export interface FirstAttempt {
  url: string;
  started_at: string;
  duration_ms: number;
  status: number | null;
  answer_headers: Record<string, unknown> | null;
  answer_body: string | null;
}

function firstAttempt(log: AttemptLog): FirstAttempt {
  return {
    url: log.url,
    started_at: log.startedAt.toISOString(),
    duration_ms: Math.round(log.durationMs),
    status: log.status,
    answer_headers: log.answerHeaders,
    answer_body: log.answerBody,
  };
}

/** Endpoints that have something due, and those whose probe is. */
export async function endpointsWithWork(
  pool: HotPool,
  { maxRows, probeEveryMs }: { maxRows: number; probeEveryMs: number },
): Promise<{ tenantId: string; endpointId: string; probe: boolean }[]> {
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
