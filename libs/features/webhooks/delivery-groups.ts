import type { DeliveryJob } from '#contracts/queues/deliveries';
import type { GenerationState } from '#core/generations/state';
import type { CallbackEvent } from '#core/webhooks/callback-event';
import { type AfterAttempt, type AttemptResult, CALLBACK_TIMEOUT_MS } from '#core/webhooks/callback-schedule';
import type { HotPool } from '#platform/database/hot-pool';

/** A delivery whose attempt is this process's for the time of the claim, with the generation it tells of. */
export interface ClaimedDelivery {
  id: string;
  tenant_id: string;
  generation_id: string;
  event: CallbackEvent;
  url: string;
  /** Attempts that have ended. */
  attempts: number;
  traceparent: string | null;
  kind: 'image' | 'video';
  model: string;
  /** Where the generation is now, which may be further than the event. */
  state: GenerationState;
  failure_reason: string | null;
  created_at: Date;
  request: Record<string, unknown>;
  assets: { image?: string; video?: string } | null;
}

export interface PuttingOff {
  delivery: ClaimedDelivery;
  waitMs: number;
}

export interface EndedAttempt {
  delivery: ClaimedDelivery;
  result: AttemptResult;
  after: AfterAttempt;
}

/** An attempt must begin within this time of its claim, and is over by the end of the claim: nobody else makes it meanwhile. */
export const BEGIN_WITHIN_MS = 3_000;
const CLAIM_MS = BEGIN_WITHIN_MS + CALLBACK_TIMEOUT_MS;
const MAX_ERROR_CHARACTERS = 500;

/** No older delivery of its generation is pending: what keeps an older state from arriving after a newer one. */
export const NEXT_OF_ITS_GENERATION = `NOT EXISTS (
  SELECT 1 FROM deliveries older
  WHERE older.generation_id = d.generation_id AND older.sequence < d.sequence AND older.state = 'pending')`;

/** One statement, and so one commit, for the deliveries that many attempts claim at the same moment. */
export async function claimAll(pool: HotPool, jobs: readonly DeliveryJob[]): Promise<(ClaimedDelivery | undefined)[]> {
  const rows = await pool.query<ClaimedDelivery>(
    `WITH due AS (
       SELECT d.tenant_id, d.id
       FROM deliveries d JOIN unnest($1::uuid[], $2::uuid[]) AS job (tenant_id, id) USING (tenant_id, id)
       WHERE d.state = 'pending' AND d.next_attempt_at <= clock_timestamp() AND ${NEXT_OF_ITS_GENERATION}
       FOR UPDATE OF d SKIP LOCKED)
     UPDATE deliveries d
     SET next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond'
     FROM due, generations g
     WHERE d.tenant_id = due.tenant_id AND d.id = due.id AND g.tenant_id = d.tenant_id AND g.id = d.generation_id
     RETURNING d.id, d.tenant_id, d.generation_id, d.event, d.url, d.attempts, d.traceparent,
       g.kind, g.model, g.state, g.failure_reason, g.created_at, g.request, g.assets`,
    [jobs.map(({ tenantId }) => tenantId), jobs.map(({ deliveryId }) => deliveryId), CLAIM_MS],
  );
  const claimed = new Map(rows.map((row) => [row.id, row]));
  return jobs.map(({ deliveryId }) => {
    const delivery = claimed.get(deliveryId);
    claimed.delete(deliveryId); // a repeat within the group goes away empty-handed
    return delivery;
  });
}

export async function putAllOff(pool: HotPool, all: readonly PuttingOff[]): Promise<undefined[]> {
  await pool.query(
    `UPDATE deliveries d SET next_attempt_at = clock_timestamp() + held.wait_ms * interval '1 millisecond'
     FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::float8[]) AS held (tenant_id, id, attempts, wait_ms)
     WHERE ${STILL_HELD}`,
    [...heldColumns(all), all.map(({ waitMs }) => waitMs)],
  );
  return all.map(() => undefined);
}

/** Answers, for each attempt that ended its delivery, the next one of the same generation. */
export async function recordAll(pool: HotPool, attempts: readonly EndedAttempt[]): Promise<(DeliveryJob | undefined)[]> {
  const rows = await pool.query<{ after_id: string; tenant_id: string; id: string }>(
    `WITH recorded AS (
       UPDATE deliveries d
       SET state = held.state, attempts = d.attempts + 1, last_status = held.status, last_error = held.error,
           next_attempt_at = clock_timestamp() + held.retry_after_ms * interval '1 millisecond',
           finished_at = CASE WHEN held.state <> 'pending' THEN clock_timestamp() END
       FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::int[], $6::text[], $7::float8[])
         AS held (tenant_id, id, attempts, state, status, error, retry_after_ms)
       WHERE ${STILL_HELD}
       RETURNING d.tenant_id, d.id, d.generation_id, d.sequence, d.state)
     SELECT recorded.id AS after_id, next.tenant_id, next.id
     FROM recorded CROSS JOIN LATERAL (
       SELECT d.tenant_id, d.id FROM deliveries d
       WHERE d.generation_id = recorded.generation_id AND d.tenant_id = recorded.tenant_id
         AND d.state = 'pending' AND d.sequence > recorded.sequence
       ORDER BY d.sequence LIMIT 1) AS next
     WHERE recorded.state <> 'pending'`,
    [
      ...heldColumns(attempts),
      attempts.map(({ after }) => after.state),
      attempts.map(({ result }) => ('status' in result ? result.status : null)),
      attempts.map(({ result }) => ('error' in result ? result.error.slice(0, MAX_ERROR_CHARACTERS) : null)),
      attempts.map(({ after }) => (after.state === 'pending' ? after.retryAfterMs : 0)),
    ],
  );
  const nextAfter = new Map(rows.map((row) => [row.after_id, jobOf(row)]));
  return attempts.map(({ delivery }) => nextAfter.get(delivery.id));
}

export function jobOf({ tenant_id, id }: { tenant_id: string; id: string }): DeliveryJob {
  return { tenantId: tenant_id, deliveryId: id };
}

/** The attempt that was claimed is the one that is still open: another's record of it would have counted it. */
const STILL_HELD = `d.tenant_id = held.tenant_id AND d.id = held.id AND d.attempts = held.attempts AND d.state = 'pending'`;

function heldColumns(all: readonly { delivery: ClaimedDelivery }[]): [string[], string[], number[]] {
  return [
    all.map(({ delivery }) => delivery.tenant_id),
    all.map(({ delivery }) => delivery.id),
    all.map(({ delivery }) => delivery.attempts),
  ];
}
