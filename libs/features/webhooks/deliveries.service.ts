import { Inject, Injectable } from '@nestjs/common';
import { v7 as newDeliveryId } from 'uuid';
import type { DeliveryJob } from '#contracts/queues/deliveries';
import type { AfterAttempt, AttemptResult } from '#core/webhooks/callback-schedule';
import {
  type ClaimedDelivery,
  claimAll,
  type EndedAttempt,
  jobOf,
  NEXT_OF_ITS_GENERATION,
  type PuttingOff,
  putAllOff,
  recordAll,
} from '#features/webhooks/delivery-groups';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What the outbox says of a change that a customer is to hear of. */
export interface CallbackFact {
  tenant_id: string;
  generation_id: string;
  event: string;
  traceparent: string | null;
}

/** The calls that customers are owed. This table alone says what is due, what is done, and in which order. */
@Injectable()
export class DeliveriesService {
  private readonly claims: CommandGroup<DeliveryJob, ClaimedDelivery | undefined>;
  private readonly puttingOffs: CommandGroup<PuttingOff, undefined>;
  private readonly records: CommandGroup<EndedAttempt, DeliveryJob | undefined>;

  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    this.claims = new CommandGroup({ name: 'claim deliveries', run: (jobs) => claimAll(pool, jobs) });
    this.puttingOffs = new CommandGroup({ name: 'put deliveries off', run: (all) => putAllOff(pool, all) });
    this.records = new CommandGroup({ name: 'record attempts', run: (attempts) => recordAll(pool, attempts) });
  }

  /**
   * One delivery for each fact, once per generation and event, however often the fact is told; no `dreaming` after an end.
   * The facts are of different generations, added in the order in which everybody locks these: the foreign key locks them too.
   */
  async add(tx: Tx, facts: readonly CallbackFact[]): Promise<DeliveryJob[]> {
    const added = await tx.query<{ tenant_id: string; id: string }>(
      `INSERT INTO deliveries (tenant_id, id, generation_id, event, url, traceparent)
       SELECT g.tenant_id, fact.id, g.id, fact.event, g.callback_url, coalesce(fact.traceparent, g.traceparent)
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS fact (tenant_id, id, generation_id, event, traceparent)
       JOIN generations g ON g.tenant_id = fact.tenant_id AND g.id = fact.generation_id
       WHERE g.callback_url IS NOT NULL
         AND (fact.event <> 'dreaming' OR NOT EXISTS (
           SELECT 1 FROM deliveries newer WHERE newer.generation_id = g.id AND newer.event <> 'dreaming'))
       ORDER BY g.id
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

  /**
   * Takes a due delivery for so long that its attempt is over by then.
   * Undefined: it is not due, not the next of its generation, or somebody else's.
   */
  claim(job: DeliveryJob): Promise<ClaimedDelivery | undefined> {
    return this.claims.add(job);
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
  putOff(delivery: ClaimedDelivery, waitMs: number): Promise<void> {
    return this.puttingOffs.add({ delivery, waitMs });
  }

  /**
   * Writes how an attempt ended. An attempt that outlived its claim, and was made again meanwhile, changes nothing.
   * @returns the delivery that has waited for this one to end
   */
  recordAttempt(delivery: ClaimedDelivery, result: AttemptResult, after: AfterAttempt): Promise<DeliveryJob | undefined> {
    return this.records.add({ delivery, result, after });
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
