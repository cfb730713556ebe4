import type { AfterWebhook } from '#core/webhooks/webhook-schedule';
import type { ClaimedWebhook } from '#features/webhooks/claim-webhooks';
import type { HotPool } from '#platform/database/hot-pool';

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

const MAX_ERROR_CHARACTERS = 500;

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
