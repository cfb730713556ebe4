import type { ServiceTier } from '#core/catalog/service-tiers';
import { Heap } from '#core/scheduling/heap';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { FIRST_HEADS_PER_TENANT, MAX_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { isBeforeInQueue, isBeforeInStore, type QueueHead } from '#core/scheduling/queue-order';
import { isGuaranteedTier, mayBorrow } from '#core/scheduling/service-tier';
import type { Shape, WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A tenant's queue of one tier: how much of it is here, and where it goes on in the database. A tier of its own, so that a million flex rows hide nothing. */
export interface TierQueue {
  readonly tier: ServiceTier;
  heads: number;
  /** Null when all of it is here. */
  storeBoundary: WaitingGeneration | null;
  /** How many heads the next refill should read. */
  headsWanted: number;
  /** The database has gained others that nobody counted: until a refill neither heads nor boundary say what comes first. */
  hasUnseen: boolean;
}

/** The heads of one shape of a tenant, best first. */
export interface ShapeHeads {
  readonly shape: Shape;
  readonly heads: Heap<QueueHead>;
}

/** One tenant: the heads of its queue by shape, its units and what fills them, and what it has had of shared lanes. A share is lane-milliseconds per weight. */
export class TenantQueue {
  readonly headsByShape = new Map<string, ShapeHeads>();
  readonly tierQueues = new Map<ServiceTier, TierQueue>();
  /** Lanes that are guaranteed to it. */
  units = 0;
  /** Expected lane time of what is held here and waits. */
  waitingLaneMs = 0;
  waitingHeads = 0;
  /** Lanes of its leases that have not ended. */
  lanes = 0;
  /** Those of them that fill units by right. */
  guaranteedLanes = 0;
  /** Share of ended work that ran on lanes that were not its own. */
  servedShare = 0;
  /** Its virtual time when its present turn began: what decides who comes next. */
  turnStart = 0;
  /** How often others started while it was first in order, since it last started itself. */
  timesPassed = 0;
  /** How many tenants had begun to share before it did last. */
  sharingSince = 0;
  /** Running work of that kind, at its estimate. */
  borrowedLaneMs = 0;
  borrowedLeases = 0;
  /** Work that fills units; the last of the queue's order first. */
  readonly guaranteed = new Heap<IndexedLease>((one, other) => isBeforeInQueue(other.place, one.place));
  /** Work that may fill units but runs beyond them; the first of the queue's order first. */
  readonly beyondUnits = new Heap<IndexedLease>((one, other) => isBeforeInQueue(one.place, other.place));

  constructor(
    readonly tenantId: string,
    public weight: number,
  ) {}

  /** What it has had, running work in full: it will have been had. */
  get virtualTime(): number {
    return this.servedShare + this.borrowedLaneMs / this.weight;
  }

  get isIdle(): boolean {
    return this.units === 0 && this.lanes === 0 && this.headsByShape.size === 0 && ![...this.tierQueues.values()].some(goesOnInStore);
  }

  /** Whether it takes part in sharing: waits for lanes that are not its own, or holds some. */
  get isSharing(): boolean {
    if (this.borrowedLeases > 0) return true;
    for (const queue of this.tierQueues.values()) if (mayBorrow(queue.tier) && (queue.heads > 0 || goesOnInStore(queue))) return true;
    return false;
  }

  get idleUnits(): number {
    return Math.max(0, this.units - this.lanes);
  }

  /** The first waiting generation that may fill units; gangs larger than all units never can. */
  bestGuaranteedHead(): QueueHead | undefined {
    let best: QueueHead | undefined;
    if (this.units === 0) return best;
    for (const { shape, heads } of this.headsByShape.values()) {
      if (!isGuaranteedTier(shape.tier) || shape.gangLanes > this.units) continue;
      const head = heads.best();
      if (head && (!best || isBeforeInQueue(head, best))) best = head;
    }
    return best;
  }

  /** Rule 1: it has work that its units must serve at once. A gang at its head that needs more than what is left of them holds the rest. */
  get isBelowGuarantee(): boolean {
    const head = this.bestGuaranteedHead();
    return head !== undefined && this.guaranteedLanes + head.generation.gangLanes <= this.units;
  }

  /** Rule 3: units that nothing fills, and other work of its own that could. */
  get couldUseOwnIdleUnits(): boolean {
    const { idleUnits } = this;
    if (idleUnits === 0) return false;
    for (const { shape } of this.headsByShape.values()) if (!isGuaranteedTier(shape.tier) && shape.gangLanes <= idleUnits) return true;
    return false;
  }

  tierQueue(tier: ServiceTier): TierQueue {
    let queue = this.tierQueues.get(tier);
    if (!queue) {
      queue = { tier, heads: 0, storeBoundary: null, headsWanted: FIRST_HEADS_PER_TENANT, hasUnseen: false };
      this.tierQueues.set(tier, queue);
    }
    return queue;
  }

  /** Whether the generation lies behind what is held here, so that a refill will bring it. */
  isLeftInStore(generation: WaitingGeneration): boolean {
    const boundary = this.tierQueues.get(generation.tier)?.storeBoundary;
    return boundary != null && isBeforeInStore(boundary, generation);
  }

  add(head: QueueHead, shape: Shape): void {
    let ofShape = this.headsByShape.get(head.shapeKey);
    if (!ofShape) {
      ofShape = { shape, heads: new Heap(isBeforeInQueue) };
      this.headsByShape.set(head.shapeKey, ofShape);
    }
    ofShape.heads.add(head);
    this.tierQueue(head.generation.tier).heads += 1;
    this.waitingHeads += 1;
    this.waitingLaneMs += head.expectedLaneMs;
  }

  remove(head: QueueHead): void {
    const ofShape = this.headsByShape.get(head.shapeKey);
    if (!ofShape?.heads.remove(head)) return;
    this.tierQueue(head.generation.tier).heads -= 1;
    this.waitingHeads -= 1;
    this.waitingLaneMs = this.waitingHeads === 0 ? 0 : this.waitingLaneMs - head.expectedLaneMs; // zero exactly: sums of fractions drift
    if (ofShape.heads.size === 0) this.headsByShape.delete(head.shapeKey);
  }

  headsOfTier(tier: ServiceTier): QueueHead[] {
    return [...this.headsByShape.values()].flatMap(({ heads }) => [...heads.values()].filter(({ generation }) => generation.tier === tier));
  }

  /** The heads of a tier beyond the bound, to be removed: the database keeps them. Rare enough to sort all of them. */
  surplus(tier: ServiceTier): QueueHead[] {
    const queue = this.tierQueue(tier);
    if (queue.heads <= 2 * MAX_HEADS_PER_TENANT) return [];
    const heads = this.headsOfTier(tier).sort((one, other) => (isBeforeInStore(one.generation, other.generation) ? -1 : 1));
    queue.storeBoundary = heads[MAX_HEADS_PER_TENANT - 1]?.generation ?? null;
    return heads.slice(MAX_HEADS_PER_TENANT);
  }
}

export function runsLow({ storeBoundary, heads, headsWanted, hasUnseen }: TierQueue): boolean {
  return hasUnseen || (storeBoundary !== null && heads < headsWanted / 4);
}

function goesOnInStore({ storeBoundary, hasUnseen }: TierQueue): boolean {
  return hasUnseen || storeBoundary !== null;
}

/** A tenant keeps its turn until it has had a whole one. @returns where its turn begins with this virtual time */
export function turnAt(turnStart: number, virtualTime: number, turnShare: number): number {
  return turnStart + Math.floor((virtualTime - turnStart) / turnShare) * turnShare;
}

/** Rule 2: the least served goes first, to within a turn. Of one turn the one that has shared for longer, so the same changes always give the same plan. */
export function isServedBefore(one: TenantQueue, other: TenantQueue): boolean {
  return isTurnBefore(one, one.turnStart, other, other.turnStart);
}

export function isTurnBefore(one: TenantQueue, oneTurn: number, other: TenantQueue, otherTurn: number): boolean {
  return oneTurn === otherTurn ? one.sharingSince < other.sharingSince : oneTurn < otherTurn;
}
