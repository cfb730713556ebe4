import { leaseKeyOf } from '#features/scheduling/lease-keys';
import type { LivingLease } from '#features/scheduling/lease-watch';
import type { LedPool } from '#features/scheduling/led-pool';
import { MAX_LEASES_PER_WRITE } from '#features/scheduling/limits';
import { type Began, noteBegan } from '#features/scheduling/note-began';
import { CommandGroup } from '#platform/database/command-group';

/** What nodes have said of runs that have begun. It goes beside the turns, as it concerns no lane. */
export class Beginnings {
  private readonly group: CommandGroup<Began, void>;
  private readonly underWay = new Set<string>();
  /** `began` under leases unknown here; the turn under way may be just about to learn of them. */
  private strangers: Began[] = [];

  constructor(private readonly pool: LedPool) {
    this.group = new CommandGroup({
      name: 'began',
      run: async (began) => {
        await pool.asLeader('began', (tx) => noteBegan(tx, began));
        return began.map(() => undefined);
      },
    });
  }

  /** @returns whether a turn should look at it: its lease is not known */
  add(began: Began): boolean {
    const living = this.pool.leases.find(began);
    if (living?.nodeId === began.nodeId) this.note(living, began);
    else if (this.strangers.length < MAX_LEASES_PER_WRITE) {
      this.strangers.push(began);
      return true;
    }
    return false;
  }

  tellStrangers(): void {
    const strangers = this.strangers;
    this.strangers = [];
    for (const began of strangers) {
      const { nodeId, tenantId, generationId, fence } = began;
      const living = this.pool.leases.find(began);
      if (living?.nodeId === nodeId) this.note(living, began);
      else this.pool.roster.linkOf(nodeId)?.send({ type: 'recall', tenantId, generationId, fence, reason: 'ended' });
    }
  }

  private note(living: LivingLease, began: Began): void {
    const key = leaseKeyOf(began);
    if (living.isBegun || this.underWay.has(key)) return;
    this.underWay.add(key);
    this.group
      .add(began)
      .then(() => this.pool.leases.began(living, this.pool.nowMs()))
      .catch((error: unknown) => this.pool.logger.warn('a beginning could not be noted, its next stage or heartbeat says it again', error))
      .finally(() => this.underWay.delete(key));
  }
}
