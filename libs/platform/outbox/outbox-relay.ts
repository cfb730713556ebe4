import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { HotPool } from '#platform/database/hot-pool';
import type { Notifications } from '#platform/database/notifications';
import type { Tx } from '#platform/database/tx';
import { OutboxReader, type OutboxReaderOptions } from '#platform/outbox/outbox-reader';
import { recordSpan } from '#platform/telemetry/spans';

/** What every row of the outbox says of its way. */
interface OutboxRow {
  id: string;
  traceparent: string | null;
  created_at: Date;
}

/** Passes facts of the outbox on, from the start of its process to its end. */
export abstract class OutboxRelay<Fact extends OutboxRow> implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly reader: OutboxReader<Fact>;

  protected constructor(pool: HotPool, notifications: Notifications, options: Omit<OutboxReaderOptions<Fact>, 'handle'>) {
    this.reader = new OutboxReader(pool, notifications, { ...options, handle: (tx, facts) => this.relay(tx, facts) });
  }

  /** Makes of the facts what is to come of them, inside the transaction that then deletes them. What it answers runs after the commit. */
  protected abstract relay(tx: Tx, facts: readonly Fact[]): Promise<() => void>;

  onApplicationBootstrap(): void {
    this.reader.start();
  }

  /** Answers when the batch under way is committed. */
  async onModuleDestroy(): Promise<void> {
    await this.reader.stop();
  }
}

/** The time a fact lay in the outbox becomes a span of its trace. @returns the parent of what comes of it */
export function relayed(name: string, { traceparent, created_at }: OutboxRow): string | null {
  if (!traceparent) return null;
  return recordSpan(`outbox ${name}`, { parent: traceparent, startTime: created_at, endTime: new Date() }) ?? traceparent;
}
