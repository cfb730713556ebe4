import { Inject, Injectable } from '@nestjs/common';
import { v7 as newDeliveryId } from 'uuid';
import type { DeliveryJob } from '#contracts/queues/deliveries';
import type { GenerationState } from '#core/generations/state';
import type { CallbackEvent } from '#core/webhooks/callback-event';
import type { AfterAttempt, AttemptResult } from '#core/webhooks/callback-schedule';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What the outbox says of a change that a customer is to hear of. */
export interface CallbackFact {
  tenant_id: string;
  generation_id: string;
  event: string;
  traceparent: string | null;
}

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

/** Younger than none that is still pending: what keeps an older state from arriving after a newer one. */
const NEXT_OF_ITS_GENERATION = `NOT EXISTS (
  SELECT 1 FROM deliveries older
  WHERE older.generation_id = d.generation_id AND older.sequence < d.sequence AND older.state = 'pending')`;
const MAX_ERROR_CHARACTERS = 500;

/** The calls that customers are owed. This table alone says what is due, what is done, and in which order. */
@Injectable()
export class DeliveriesService {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  /** One delivery for each fact, once per generation and event, however often the fact is told; no `dreaming` after an end. */
  async add(tx: Tx, facts: readonly CallbackFact[]): Promise<DeliveryJob[]> {
    const added = await tx.query<{ tenant_id: string; id: string }>(
      `INSERT INTO deliveries (tenant_id, id, generation_id, event, url, traceparent)
       SELECT g.tenant_id, fact.id, g.id, fact.event, g.callback_url, coalesce(fact.traceparent, g.traceparent)
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
         AS fact (tenant_id, id, generation_id, event, traceparent, place)
       JOIN generations g ON g.tenant_id = fact.tenant_id AND g.id = fact.generation_id
       WHERE g.callback_url IS NOT NULL
         AND (fact.event <> 'dreaming' OR NOT EXISTS (
           SELECT 1 FROM deliveries newer WHERE newer.generation_id = g.id AND newer.event <> 'dreaming'))
       ORDER BY fact.place
       ON CONFLICT (generation_id, event) DO NOTHING
       RETURNING tenant_id, id`,
      [
        facts.map((fact) => fact.tenant_id),
        facts.map(() => newDeliveryId()),
        facts.map((fact) => fact.generation_id),
        facts.map((fact) => fact.event),
        facts.map((fact) => fact.traceparent),
      ],
    );
    return added.map(jobOf);
  }

  /** Takes a due delivery for so long that its attempt is over by then. Undefined: it is not due, not the next, or not this one's. */
  async claim({ tenantId, deliveryId }: DeliveryJob, claimMs: number): Promise<ClaimedDelivery | undefined> {
    const [claimed] = await this.pool.query<ClaimedDelivery>(
      `UPDATE deliveries d
       SET next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond'
       FROM generations g
       WHERE d.tenant_id = $1 AND d.id = $2 AND d.state = 'pending' AND d.next_attempt_at <= clock_timestamp()
         AND g.tenant_id = d.tenant_id AND g.id = d.generation_id
         AND ${NEXT_OF_ITS_GENERATION}
       RETURNING d.id, d.tenant_id, d.generation_id, d.event, d.url, d.attempts, d.traceparent,
         g.kind, g.model, g.state, g.failure_reason, g.created_at, g.request, g.assets`,
      [tenantId, deliveryId, claimMs],
    );
    return claimed;
  }

  /** When a delivery is due, as a wait from now; undefined when it is over or others come before it. */
  async dueInMs({ tenantId, deliveryId }: DeliveryJob): Promise<number | undefined> {
    const [due] = await this.pool.query<{ due_in_ms: number }>(
      `SELECT greatest(0, extract(epoch FROM d.next_attempt_at - clock_timestamp()) * 1000)::float8 AS due_in_ms
       FROM deliveries d
       WHERE d.tenant_id = $1 AND d.id = $2 AND d.state = 'pending' AND ${NEXT_OF_ITS_GENERATION}`,
      [tenantId, deliveryId],
    );
    return due?.due_in_ms;
  }

  /** Gives a claim back without an attempt. */
  async putOff({ tenant_id, id, attempts }: ClaimedDelivery, waitMs: number): Promise<void> {
    await this.pool.query(
      `UPDATE deliveries SET next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE tenant_id = $1 AND id = $2 AND state = 'pending' AND attempts = $3`,
      [tenant_id, id, attempts, waitMs],
    );
  }

  /** Writes how an attempt ended. An attempt that outlived its claim, and was made again meanwhile, changes nothing. */
  async recordAttempt({ tenant_id, id, attempts }: ClaimedDelivery, result: AttemptResult, after: AfterAttempt): Promise<void> {
    await this.pool.query(
      `UPDATE deliveries
       SET state = $4, attempts = attempts + 1, last_status = $5, last_error = $6,
           next_attempt_at = clock_timestamp() + $7 * interval '1 millisecond',
           finished_at = CASE WHEN $4 <> 'pending' THEN clock_timestamp() END
       WHERE tenant_id = $1 AND id = $2 AND state = 'pending' AND attempts = $3`,
      [
        tenant_id,
        id,
        attempts,
        after.state,
        'status' in result ? result.status : null,
        'error' in result ? result.error.slice(0, MAX_ERROR_CHARACTERS) : null,
        after.state === 'pending' ? after.retryAfterMs : 0,
      ],
    );
  }

  /** The delivery that has waited for this one. */
  async nextAfter({ tenant_id, generation_id }: ClaimedDelivery): Promise<DeliveryJob | undefined> {
    const [next] = await this.pool.query<{ tenant_id: string; id: string }>(
      `SELECT tenant_id, id FROM deliveries WHERE generation_id = $2 AND tenant_id = $1 AND state = 'pending' ORDER BY sequence LIMIT 1`,
      [tenant_id, generation_id],
    );
    return next && jobOf(next);
  }

  /** Deliveries that may be attempted now, the longest overdue first. */
  async overdue(maxRows: number): Promise<DeliveryJob[]> {
    const rows = await this.pool.query<{ tenant_id: string; id: string }>(
      `SELECT d.tenant_id, d.id FROM deliveries d
       WHERE d.state = 'pending' AND d.next_attempt_at <= clock_timestamp() AND ${NEXT_OF_ITS_GENERATION}
       ORDER BY d.next_attempt_at LIMIT $1`,
      [maxRows],
    );
    return rows.map(jobOf);
  }

  /** Forgets deliveries that ended long ago. @returns how many */
  async prune(olderThanDays: number, maxRows: number): Promise<number> {
    const pruned = await this.pool.query(
      `DELETE FROM deliveries WHERE (tenant_id, id) IN (
         SELECT tenant_id, id FROM deliveries
         WHERE finished_at < now() - $1 * interval '1 day' ORDER BY finished_at LIMIT $2)
       RETURNING id`,
      [olderThanDays, maxRows],
    );
    return pruned.length;
  }
}

function jobOf({ tenant_id, id }: { tenant_id: string; id: string }): DeliveryJob {
  return { tenantId: tenant_id, deliveryId: id };
}
