import { Inject, Injectable } from '@nestjs/common';
import { DELIVERIES_KEPT_DAYS } from '#core/webhooks/limits';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const PRUNE_EVERY_MS = 3_600_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** What is forgotten by its age, and which column tells that. Deliveries first: one without its event could not be read. */
const OLD_ROWS = [
  ['deliveries', 'created_at'],
  ['webhook_attempts', 'started_at'],
  ['webhook_deliveries', 'created_at'],
  ['events', 'created_at'],
] as const;

/** Forgets callbacks and webhooks that are too old to be replayed, whether they arrived or not, and secrets that no longer sign. */
@Injectable()
export class DeliveryPruning extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'delivery pruning', everyMs: PRUNE_EVERY_MS });
  }

  async sweep(): Promise<void> {
    for (const [table, column] of OLD_ROWS) {
      let pruned = MAX_PRUNED_AT_ONCE;
      while (pruned === MAX_PRUNED_AT_ONCE && !this.isStopping) pruned = await this.pruneSome(table, column);
    }
    await this.pool.query('DELETE FROM webhook_secrets WHERE expires_at < now()');
  }

  private async pruneSome(table: string, column: string): Promise<number> {
    const rows = await this.pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < now() - $1 * interval '1 day' LIMIT $2)) RETURNING 1`,
      [DELIVERIES_KEPT_DAYS, MAX_PRUNED_AT_ONCE],
    );
    return rows.length;
  }
}
