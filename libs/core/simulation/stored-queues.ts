import type { ServiceTier } from '#core/catalog/service-tiers';
import { Heap } from '#core/scheduling/heap';
import { isBeforeInStore } from '#core/scheduling/queue-order';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** All that waits, by tenant and tier: what the database is to the leader, whose index holds only the heads. */
export class StoredQueues {
  private readonly queues = new Map<string, Heap<WaitingGeneration>>();
  private readonly waiting = new Map<string, WaitingGeneration>();

  add(generation: WaitingGeneration): void {
    const { tenantId, tier, generationId } = generation;
    const key = `${tenantId} ${tier}`;
    let queue = this.queues.get(key);
    if (!queue) {
      queue = new Heap(isBeforeInStore);
      this.queues.set(key, queue);
    }
    queue.add(generation);
    this.waiting.set(generationId, generation);
  }

  remove({ tenantId, tier, generationId }: WaitingGeneration): void {
    const stored = this.waiting.get(generationId);
    if (stored) this.queues.get(`${tenantId} ${tier}`)?.remove(stored);
    this.waiting.delete(generationId);
  }

  /** The first of a queue, read from the top. */
  heads({ tenantId, tier, headsWanted }: { tenantId: string; tier: ServiceTier; headsWanted: number }): {
    generations: WaitingGeneration[];
    hasMore: boolean;
  } {
    const reader = this.queues.get(`${tenantId} ${tier}`)?.reader();
    const generations: WaitingGeneration[] = [];
    for (let next = reader?.next(); next; next = generations.length < headsWanted ? reader?.next() : undefined) generations.push(next);
    return { generations, hasMore: generations.length >= headsWanted };
  }
}
