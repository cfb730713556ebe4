import { Heap } from '#core/scheduling/heap';
import { FIRST_HEADS_PER_TENANT, MAX_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { isBeforeInQueue, isBeforeInStore, type QueueHead } from '#core/scheduling/queue-order';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** One tenant: the heads of its queue, by shape, and what it has had of the lanes. A share is lane-milliseconds per weight. */
export class TenantQueue {
  readonly headsByShape = new Map<string, Heap<QueueHead>>();
  /** Share of ended work. */
  servedShare = 0;
  /** Running work at its estimate. */
  runningLaneMs = 0;
  runningLanes = 0;
  /** Where the queue goes on in the database; null when all of it is here. */
  storeBoundary: WaitingGeneration | null = null;
  /** How many heads the next refill should read. */
  headsWanted = FIRST_HEADS_PER_TENANT;
  private headsCount = 0;

  constructor(
    readonly tenantId: string,
    public weight: number,
  ) {}

  /** The tenant with the least comes next. Running work counts in full: it will have been had. */
  get virtualTime(): number {
    return this.servedShare + this.runningLaneMs / this.weight;
  }

  get waiting(): number {
    return this.headsCount;
  }

  get isActive(): boolean {
    return this.headsCount > 0 || this.runningLanes > 0 || this.storeBoundary !== null;
  }

  get runsLow(): boolean {
    return this.storeBoundary !== null && this.headsCount < this.headsWanted / 4;
  }

  /** Whether the generation lies behind what is held here, so that a refill will bring it. */
  isLeftInStore(generation: WaitingGeneration): boolean {
    return this.storeBoundary !== null && isBeforeInStore(this.storeBoundary, generation);
  }

  add(head: QueueHead): void {
    const heads = this.headsByShape.get(head.shapeKey) ?? new Heap(isBeforeInQueue);
    this.headsByShape.set(head.shapeKey, heads);
    heads.add(head);
    this.headsCount += 1;
  }

  remove(head: QueueHead): void {
    const heads = this.headsByShape.get(head.shapeKey);
    if (!heads?.remove(head)) return;
    this.headsCount -= 1;
    if (heads.size === 0) this.headsByShape.delete(head.shapeKey);
  }

  /** The heads beyond the bound, to be removed: the database keeps them. Rare enough to sort all of them. */
  surplus(): QueueHead[] {
    if (this.headsCount <= 2 * MAX_HEADS_PER_TENANT) return [];
    const heads = [...this.headsByShape.values()].flatMap((ofShape) => [...ofShape.values()]);
    heads.sort((one, other) => (isBeforeInStore(one.generation, other.generation) ? -1 : 1));
    this.storeBoundary = heads[MAX_HEADS_PER_TENANT - 1]?.generation ?? null;
    return heads.slice(MAX_HEADS_PER_TENANT);
  }
}

/** Ties by id, so that the same changes always give the same plan. */
export function isServedBefore(one: TenantQueue, other: TenantQueue): boolean {
  if (one.virtualTime !== other.virtualTime) return one.virtualTime < other.virtualTime;
  return one.tenantId < other.tenantId;
}
