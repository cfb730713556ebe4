import { v7 as newDeliveryId } from 'uuid';
import type { GenerationState } from '#core/generations/state';
import type { CallbackEvent } from '#core/webhooks/callback-event';
import { CALLBACK_TIMEOUT_MS } from '#core/webhooks/callback-schedule';
import { isSwitchedOff } from '#features/controls/switched-off.service';
import { BEGIN_WITHIN_MS } from '#features/webhooks/served-receiver';
import type { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What the outbox says of a change that a customer is to hear of. */
export interface CallbackFact {
  tenant_id: string;
  generation_id: string;
  event: string;
  traceparent: string | null;
}

/** A callback whose attempt is this process's for the time of the claim, with the generation it tells of. */
export interface ClaimedCallback {
  id: string;
  tenant_id: string;
  generation_id: string;
  event: CallbackEvent;
  url: string;
  origin: string;
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

const RECORD_WITHIN_MS = 2_000;
const CLAIM_MS = BEGIN_WITHIN_MS + CALLBACK_TIMEOUT_MS + RECORD_WITHIN_MS;

/** No older callback of its generation is pending: what keeps an older state from arriving after a newer one. */
const IS_DUE = `d.state = 'pending' AND d.next_attempt_at <= clock_timestamp() AND NOT EXISTS (
  SELECT 1 FROM deliveries older
  WHERE older.generation_id = d.generation_id AND older.sequence < d.sequence AND older.state = 'pending')`;

/**
 * One callback for each fact, once per generation and event, however often the fact is told; no `dreaming` after an end.
 * The facts are of different generations, added in the order in which everybody locks these: the foreign key locks them too.
 * @returns the hosts that they go to
 */
export async function addCallbacks(tx: Tx, facts: readonly CallbackFact[]): Promise<Set<string>> {
  const added = await tx.query<{ origin: string }>(
    `INSERT INTO deliveries (tenant_id, id, generation_id, event, url, traceparent)
     SELECT g.tenant_id, fact.id, g.id, fact.event, g.callback_url, coalesce(fact.traceparent, g.traceparent)
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS fact (tenant_id, id, generation_id, event, traceparent)
     JOIN generations g ON g.tenant_id = fact.tenant_id AND g.id = fact.generation_id
     WHERE g.callback_url IS NOT NULL
       AND (fact.event <> 'dreaming' OR NOT EXISTS (
         SELECT 1 FROM deliveries newer WHERE newer.generation_id = g.id AND newer.event <> 'dreaming'))
     ORDER BY g.id
     ON CONFLICT (generation_id, event) DO NOTHING
     RETURNING origin`,
    [
      facts.map((fact) => fact.tenant_id),
      facts.map(() => newDeliveryId()),
      facts.map((fact) => fact.generation_id),
      facts.map((fact) => fact.event),
      facts.map((fact) => fact.traceparent),
    ],
  );
  return new Set(added.map(({ origin }) => origin));
}

/** Takes due callbacks of several hosts, of each no more than wanted, the longest overdue first. A claim that runs out leaves them due again. */
export function claimCallbacks(pool: HotPool, wanted: readonly { origin: string; count: number }[]): Promise<ClaimedCallback[]> {
  return pool.query<ClaimedCallback>(
    `WITH due AS MATERIALIZED (
       SELECT d.tenant_id, d.id
         FROM unnest($1::text[], $2::int[]) AS want (origin, count) CROSS JOIN LATERAL (
           SELECT d.tenant_id, d.id FROM deliveries d
            WHERE d.origin = want.origin AND ${IS_DUE} AND NOT ${isSwitchedOff('webhooks', 'd.tenant_id')}
            ORDER BY d.next_attempt_at LIMIT want.count
              FOR UPDATE OF d SKIP LOCKED) AS d
     )
     UPDATE deliveries d SET next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond'
       FROM due, generations g
      WHERE d.tenant_id = due.tenant_id AND d.id = due.id AND g.tenant_id = d.tenant_id AND g.id = d.generation_id
     RETURNING d.id, d.tenant_id, d.generation_id, d.event, d.url, d.origin, d.attempts, d.traceparent,
       g.kind, g.model, g.state, g.failure_reason, g.created_at, g.request, g.assets`,
    [wanted.map(({ origin }) => origin), wanted.map(({ count }) => count), CLAIM_MS],
  );
}

/** Hosts to which something is due. They are stepped through, one look at the index each: ten thousand callbacks to one host cost one. */
export async function originsWithCallbacks(pool: HotPool, maxRows: number): Promise<string[]> {
  const rows = await pool.query<{ origin: string }>(
    `WITH RECURSIVE host AS (
       (SELECT origin FROM deliveries WHERE state = 'pending' ORDER BY origin LIMIT 1)
       UNION ALL
       SELECT (SELECT d.origin FROM deliveries d WHERE d.state = 'pending' AND d.origin > host.origin ORDER BY d.origin LIMIT 1)
         FROM host WHERE host.origin IS NOT NULL
     )
     SELECT host.origin FROM host
      WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.origin = host.origin AND d.state = 'pending' AND d.next_attempt_at <= clock_timestamp())
      LIMIT $1`,
    [maxRows],
  );
  return rows.map(({ origin }) => origin);
}
