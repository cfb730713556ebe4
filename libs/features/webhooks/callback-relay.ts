import { Inject, Injectable } from '@nestjs/common';
import { CallbackDispatcher } from '#features/webhooks/callback-dispatcher';
import { addCallbacks } from '#features/webhooks/claim-callbacks';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import type { Tx } from '#platform/database/tx';
import { OutboxRelay, relayed } from '#platform/outbox/outbox-relay';

interface DeliveryFact {
  id: string;
  topic: string;
  tenant_id: string;
  generation_id: string;
  traceparent: string | null;
  created_at: Date;
}

/** Turns facts of the outbox into callbacks, in the order in which they became true. Needs Postgres only. */
@Injectable()
export class CallbackRelay extends OutboxRelay<DeliveryFact> {
  constructor(
    @Inject(HotPool) pool: HotPool,
    @Inject(Notifications) notifications: Notifications,
    @Inject(CallbackDispatcher) private readonly dispatcher: CallbackDispatcher,
  ) {
    super(pool, notifications, { consumer: 'delivery', only: 'generation_id IS NOT NULL', claim: claimInOrder });
  }

  protected async relay(tx: Tx, facts: readonly DeliveryFact[]): Promise<() => void> {
    const origins = await addCallbacks(
      tx,
      facts.map((fact) => ({
        tenant_id: fact.tenant_id,
        generation_id: fact.generation_id,
        event: fact.topic,
        traceparent: relayed(`delivery ${fact.topic}`, fact), // the callback hangs below it
      })),
    );
    return () => this.dispatcher.wake(origins);
  }
}

/**
 * A row is claimed only when no older one of its generation is left, so a batch holds one of each generation and two relays never
 * swap them: while another relay has the older row, it is still there to see.
 */
function claimInOrder(tx: Tx, maxRows: number): Promise<DeliveryFact[]> {
  return tx.query<DeliveryFact>(
    `SELECT fact.id, fact.topic, fact.tenant_id, fact.generation_id, fact.traceparent, fact.created_at
     FROM outbox fact
     WHERE fact.consumer = 'delivery' AND fact.topic <> 'event' AND fact.next_attempt_at <= now()
       AND NOT EXISTS (
         SELECT 1 FROM outbox older
         WHERE older.consumer = 'delivery' AND older.generation_id = fact.generation_id AND older.id < fact.id)
     ORDER BY fact.id LIMIT $1
     FOR UPDATE SKIP LOCKED`,
    [maxRows],
  );
}
