import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { FINISHED_DELIVERIES_KEPT_DAYS } from '#core/webhooks/limits';
import { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

const PRUNE_EVERY_MS = 3_600_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** What is forgotten by its age, and which column tells that. Deliveries first: one without its event could not be read. */
const OLD_ROWS = [
  ['webhook_attempts', 'started_at'],
  ['webhook_deliveries', 'created_at'],
  ['events', 'created_at'],
] as const;

/** Forgets webhooks that are too old to be replayed, whether they arrived or not, and secrets that no longer sign. */
@Injectable()
export class WebhookPruning implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WakeLoop({ name: 'webhook pruning', everyMs: PRUNE_EVERY_MS, run: () => this.prune() });

  constructor(@Inject(HotPool) private readonly pool: HotPool) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  private async prune(): Promise<void> {
    for (const [table, column] of OLD_ROWS) {
      let pruned = MAX_PRUNED_AT_ONCE;
      while (pruned === MAX_PRUNED_AT_ONCE && !this.loop.isStopped) pruned = await this.pruneSome(table, column);
    }
    await this.pool.query('DELETE FROM webhook_secrets WHERE expires_at < now()');
  }

  private async pruneSome(table: string, column: string): Promise<number> {
    const rows = await this.pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < now() - $1 * interval '1 day' LIMIT $2)) RETURNING 1`,
      [FINISHED_DELIVERIES_KEPT_DAYS, MAX_PRUNED_AT_ONCE],
    );
    return rows.length;
  }
}
