import { Inject, Injectable } from '@nestjs/common';
import { CALLS_KEPT_DAYS } from '#core/directory/limits';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

const PRUNE_EVERY_MS = 3_600_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** Forgets calls of identity providers by their age; how many there are of a tenant is bounded with each call. */
@Injectable()
export class CallPruning extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'directory call pruning', everyMs: PRUNE_EVERY_MS });
  }

  async sweep(): Promise<void> {
    const pruned = await this.pool.query(
      `DELETE FROM directory_calls WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM directory_calls WHERE at < now() - $1 * interval '1 day' LIMIT $2)) RETURNING 1`,
      [CALLS_KEPT_DAYS, MAX_PRUNED_AT_ONCE],
    );
    if (pruned.length === MAX_PRUNED_AT_ONCE && !this.isStopping) this.sweepAgain();
  }
}
