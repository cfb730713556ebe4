import { Logger } from '@nestjs/common';
import { DatabaseUnavailable, isRetryable } from '#platform/database/failures';
import type { HotPool } from '#platform/database/hot-pool';
import type { Notifications } from '#platform/database/notifications';
import type { Tx } from '#platform/database/tx';
import { WakeLoop } from '#platform/outbox/wake-loop';

export interface OutboxReaderOptions<Row extends { id: string }> {
  consumer: string;
  /** SQL over a row of the outbox: which of the consumer's rows this reader is for. All, when it is left out. */
  only?: string;
  /** Locks rows of this consumer with FOR UPDATE SKIP LOCKED, oldest first, leaving out those whose `next_attempt_at` is ahead. */
  claim(tx: Tx, maxRows: number): Promise<Row[]>;
  /** The claim deletes what it answers, instead of locking it: one write a row less. */
  claimDeletes?: boolean;
  /** Does what the rows ask for, inside the transaction that then deletes them. What it answers runs after the commit. */
  handle(tx: Tx, rows: readonly Row[]): Promise<() => void>;
  maxRows?: number;
  sweepEveryMs?: number;
}

/** A row that fails alone is put off by this, doubled with each failure up to the maximum. */
const PUT_OFF_MS = 1_000;
const MAX_PUT_OFF_MS = 60_000;

/**
 * Hands the outbox rows of one consumer to it, batch after batch, as long as there are any: woken by NOTIFY, and by a sweep for what
 * a lost notification would have told. Several readers of one consumer may run at once, in one process or in many.
 */
export class OutboxReader<Row extends { id: string }> {
  private readonly logger: Logger;
  private readonly loop: WakeLoop;
  private readonly maxRows: number;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly pool: HotPool,
    private readonly notifications: Notifications,
    private readonly options: OutboxReaderOptions<Row>,
  ) {
    this.maxRows = options.maxRows ?? 200;
    this.logger = new Logger(`outbox ${options.consumer}`);
    this.loop = new WakeLoop({ name: `outbox ${options.consumer}`, everyMs: options.sweepEveryMs ?? 1_000, run: () => this.readAll() });
  }

  start(): void {
    this.stopListening = this.notifications.on(`halogen_${this.options.consumer}`, () => this.loop.wake());
    this.loop.start();
  }

  /** Answers when the batch under way is committed. */
  async stop(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
  }

  private async readAll(): Promise<void> {
    let maxRows = this.maxRows;
    while (!this.loop.isStopped && (await this.isAnyWaiting())) {
      const { rows, error } = await this.readBatch(maxRows);
      if (!error) {
        if (rows.length === 0) return; // others hold them
        continue;
      }
      if (error instanceof DatabaseUnavailable || rows.length === 0) throw error;
      if (isRetryable(error)) continue;
      // One bad row must not hold up its neighbours: alone it shows itself, and steps aside.
      if (rows.length === 1) await this.putOff(rows[0] as Row, error);
      else maxRows = 1;
    }
  }

  /** Spares an idle process a transaction, and its trace, a second. */
  private async isAnyWaiting(): Promise<boolean> {
    const { consumer, only = 'true' } = this.options;
    const waiting = await this.pool.query(`SELECT 1 FROM outbox WHERE consumer = $1 AND next_attempt_at <= now() AND ${only} LIMIT 1`, [
      consumer,
    ]);
    return waiting.length > 0;
  }

  private async readBatch(maxRows: number): Promise<{ rows: readonly Row[]; error?: unknown }> {
    let rows: readonly Row[] = [];
    try {
      const afterCommit = await this.pool.transaction(`outbox ${this.options.consumer}`, [], async (tx) => {
        rows = await this.options.claim(tx, maxRows);
        if (rows.length === 0) return () => {};
        const after = await this.options.handle(tx, rows);
        if (!this.options.claimDeletes) await tx.query('DELETE FROM outbox WHERE id = ANY ($1::bigint[])', [rows.map(({ id }) => id)]);
        return after;
      });
      afterCommit();
      return { rows };
    } catch (error) {
      return { rows, error };
    }
  }

  private async putOff(row: Row, error: unknown): Promise<void> {
    this.logger.error(`row ${row.id} is put off`, error);
    await this.pool.query(
      `UPDATE outbox
       SET attempts = least(attempts + 1, 1000),
           next_attempt_at = now() + least($3, $2 * power(2, least(attempts, 20))) * interval '1 millisecond'
       WHERE id = $1`,
      [row.id, PUT_OFF_MS, MAX_PUT_OFF_MS],
    );
  }
}
