import { leaseKeyOf } from '#features/scheduling/lease-keys';
import type { LivingLease } from '#features/scheduling/lease-watch';
import type { LedPool } from '#features/scheduling/led-pool';
import { MAX_LEASES_PER_WRITE } from '#features/scheduling/limits';
import { type Freed, noteFreed } from '#features/scheduling/note-freed';

/** What nodes have said of lanes that are free again, until it is written and answered. */
export class FreedLanes {
  private readonly freed = new Map<string, Freed>();

  constructor(private readonly pool: LedPool) {}

  add(freed: Freed): void {
    this.freed.set(leaseKeyOf(freed), freed);
  }

  /** Leases that their own nodes run no more, though nothing has ended them. */
  livingLeases(): LivingLease[] {
    return [...this.freed.values()].flatMap((freed) => {
      const living = this.pool.leases.find(freed);
      return living?.nodeId === freed.nodeId ? [living] : [];
    });
  }

  async write(): Promise<void> {
    while (this.freed.size > 0) {
      const freed = [...this.freed.values()].slice(0, MAX_LEASES_PER_WRITE);
      const living = await this.pool.asLeader('freed', (tx) => noteFreed(tx, freed));
      for (const each of freed) {
        // One that lives on shall fail or settle; its node repeats `freed` until that is done.
        if (living.has(leaseKeyOf(each))) this.freed.delete(leaseKeyOf(each));
        else this.answer(each);
      }
    }
  }

  answer(freed: Freed): void {
    if (this.pool.index.findLease(freed)?.nodeId === freed.nodeId) this.pool.noteFreed(freed);
    if (this.pool.roster.has(freed.nodeId)) this.pool.roster.strangerGone(freed.nodeId, freed);
    this.acknowledge(freed);
  }

  acknowledge({ nodeId, tenantId, generationId, fence }: Freed): void {
    const lease = { tenantId, generationId, fence };
    this.freed.delete(leaseKeyOf(lease));
    this.pool.roster.linkOf(nodeId)?.send({ type: 'freed_noted', ...lease });
  }
}
