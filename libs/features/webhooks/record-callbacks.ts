import type { AfterAttempt, AttemptResult } from '#core/webhooks/callback-schedule';
import type { ClaimedCallback } from '#features/webhooks/claim-callbacks';
import type { HotPool } from '#platform/database/hot-pool';

export interface EndedCallback {
  callback: ClaimedCallback;
  result: AttemptResult;
  after: AfterAttempt;
}

const MAX_ERROR_CHARACTERS = 500;

/**
 * Writes how attempts ended. An attempt that outlived its claim, and was made again meanwhile, changes nothing.
 * @returns for each, whether it ended its callback and another of the same generation has waited for that
 */
export async function recordCallbacks(pool: HotPool, ended: readonly EndedCallback[]): Promise<boolean[]> {
  const rows = await pool.query<{ after_id: string }>(
    `WITH recorded AS (
       UPDATE deliveries d
       SET state = held.state, attempts = d.attempts + 1, last_status = held.status, last_error = held.error,
           next_attempt_at = clock_timestamp() + held.retry_after_ms * interval '1 millisecond',
           finished_at = CASE WHEN held.state <> 'pending' THEN clock_timestamp() END
       FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::int[], $6::text[], $7::float8[])
         AS held (tenant_id, id, attempts, state, status, error, retry_after_ms)
       WHERE d.tenant_id = held.tenant_id AND d.id = held.id AND d.attempts = held.attempts AND d.state = 'pending'
       RETURNING d.id, d.generation_id, d.sequence, d.state)
     SELECT recorded.id AS after_id FROM recorded
     WHERE recorded.state <> 'pending' AND EXISTS (
       SELECT 1 FROM deliveries d
       WHERE d.generation_id = recorded.generation_id AND d.state = 'pending' AND d.sequence > recorded.sequence)`,
    [
      ended.map(({ callback }) => callback.tenant_id),
      ended.map(({ callback }) => callback.id),
      ended.map(({ callback }) => callback.attempts),
      ended.map(({ after }) => after.state),
      ended.map(({ result }) => ('status' in result ? result.status : null)),
      ended.map(({ result }) => ('error' in result ? result.error.slice(0, MAX_ERROR_CHARACTERS) : null)),
      ended.map(({ after }) => (after.state === 'pending' ? after.retryAfterMs : 0)),
    ],
  );
  const opening = new Set(rows.map(({ after_id }) => after_id));
  return ended.map(({ callback }) => opening.has(callback.id));
}
