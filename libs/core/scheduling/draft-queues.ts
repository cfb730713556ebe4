import { Heap, type HeapReader } from '#core/scheduling/heap';
import { MAX_TIMES_PASSED, RESIDENCY_TURNS } from '#core/scheduling/limits';
import type { SchedulingView, WaitingShape } from '#core/scheduling/plan';
import { isBeforeInQueue, type QueueHead } from '#core/scheduling/queue-order';
import { isTurnBefore, type TenantQueue, turnAt } from '#core/scheduling/tenant-queue';
import type { Shape, WaitingGeneration } from '#core/scheduling/waiting-generation';

export interface Candidate {
  tenant: TenantQueue;
  head: QueueHead;
}

/** A tenant that this plan has looked into. */
interface SeenTenant {
  tenant: TenantQueue;
  virtualTime: number;
  turnStart: number;
  /** Lanes that this plan gives it, or has recalled for it. */
  plannedLanes: number;
  heads: Map<string, { shape: Shape; heads: HeapReader<QueueHead> }>;
}

/** A shape that may still fit: tenants as the view has them, and again those that this plan has seen. */
interface OpenShape {
  unseen: HeapReader<TenantQueue>;
  seen: Heap<{ seenTenant: SeenTenant; turnStart: number }>;
}

interface Turn {
  tenant: TenantQueue;
  turnStart: number;
}

/** The queues without what a plan in the making has taken from them. */
export class DraftQueues {
  /** Looked into only when the first of its tenants has been seen: most shapes are never more than glanced at. */
  private readonly openShapes = new Map<string, OpenShape | undefined>();
  private readonly seenTenants = new Map<TenantQueue, SeenTenant>();

  private readonly passes = new Map<TenantQueue, number>();

  constructor(private readonly view: SchedulingView) {}

  /** From here on `next` finds what waits in these shapes, too. */
  open(isWanted: (shape: Shape) => boolean): void {
    for (const [shapeKey, { shape }] of this.view.waitingByShape) if (isWanted(shape)) this.openShapes.set(shapeKey, undefined);
  }

  /** Nothing of the shape fits any more in this plan. It holds up no other. */
  close({ shapeKey }: QueueHead): void {
    this.openShapes.delete(shapeKey);
  }

  /**
   * Rules 2, 4 and 6: the least served tenant of all open shapes, and its best head among these; or one hardly better served whose model is
   * resident beside a free lane.
   */
  next(hasResidentPlace: (generation: WaitingGeneration) => boolean): Candidate | undefined {
    let least: Turn | undefined;
    let resident: Turn | undefined;
    for (const shapeKey of this.openShapes.keys()) {
      const first = this.leastServedOf(shapeKey);
      if (!first) continue;
      if (!least || isBefore(first, least)) least = first;
      if (resident && !isBefore(first, resident)) continue;
      const head = this.bestOpenHead(first.tenant);
      if (head.shapeKey === shapeKey && hasResidentPlace(head.generation)) resident = first;
    }
    if (!least) return undefined;
    if (!resident || resident.tenant === least.tenant) return { tenant: least.tenant, head: this.bestOpenHead(least.tenant) };
    const passed = least.tenant.timesPassed + (this.passes.get(least.tenant) ?? 0);
    const isHardlyBetterServed = resident.turnStart <= least.turnStart + RESIDENCY_TURNS * this.view.turnShare;
    if (!isHardlyBetterServed || passed >= MAX_TIMES_PASSED) return { tenant: least.tenant, head: this.bestOpenHead(least.tenant) };
    this.passes.set(least.tenant, (this.passes.get(least.tenant) ?? 0) + 1);
    return { tenant: resident.tenant, head: this.bestOpenHead(resident.tenant) };
  }

  private bestOpenHead(tenant: TenantQueue): QueueHead {
    const head = this.bestHead(tenant, (_, shapeKey) => this.openShapes.has(shapeKey));
    if (!head) throw new Error('a tenant without waiting generations was chosen');
    return head;
  }

  /** The tenant's first head of certain shapes that this plan has not taken. */
  bestHead(tenant: TenantQueue, isWanted: (shape: Shape, shapeKey: string) => boolean): QueueHead | undefined {
    const seen = this.seenTenants.get(tenant);
    let best: QueueHead | undefined;
    for (const [shapeKey, { shape, heads }] of tenant.headsByShape) {
      if (!isWanted(shape, shapeKey)) continue;
      const head = seen ? seen.heads.get(shapeKey)?.heads.peek() : heads.best();
      if (head && (!best || isBeforeInQueue(head, best))) best = head;
    }
    return best;
  }

  /** The head runs on lanes that are not its tenant's own, and counts towards its share. */
  takeBorrowed({ tenant, head }: Candidate): void {
    const { generation } = head;
    this.take(tenant, head, generation.gangLanes, (this.view.estimateMs(generation) * generation.gangLanes) / tenant.weight);
  }

  /** The head runs on its tenant's own units, or shall as soon as a recall is through. */
  takeOwn({ tenant, head }: Candidate): void {
    this.take(tenant, head, head.generation.gangLanes, 0);
  }

  /** The head may not start in this plan; those behind it may. */
  passOver({ tenant, head }: Candidate): void {
    this.take(tenant, head, 0, 0);
  }

  plannedLanes(tenant: TenantQueue): number {
    return this.seenTenants.get(tenant)?.plannedLanes ?? 0;
  }

  /** Units that nothing fills, nor will by this plan. */
  idleUnits(tenant: TenantQueue): number {
    return Math.max(0, tenant.units - tenant.lanes - this.plannedLanes(tenant));
  }

  private leastServedOf(shapeKey: string): Turn | undefined {
    const first = this.view.waitingByShape.get(shapeKey)?.tenants.best();
    if (!first) return undefined;
    // One that was seen only comes later than it was: an unseen first is still the first.
    if (!this.seenTenants.has(first) && !this.openShapes.get(shapeKey)) return { tenant: first, turnStart: first.turnStart };
    const { unseen, seen } = this.openShapes.get(shapeKey) ?? this.lookInto(shapeKey);
    let fresh = unseen.peek();
    while (fresh && this.seenTenants.has(fresh)) {
      unseen.next();
      fresh = unseen.peek();
    }
    let again = seen.best();
    while (again && (again.turnStart !== again.seenTenant.turnStart || !again.seenTenant.heads.get(shapeKey)?.heads.peek())) {
      seen.takeBest(); // served since, or without work of this shape
      again = seen.best();
    }
    const { tenant, turnStart } = again?.seenTenant ?? {};
    if (tenant && turnStart !== undefined && (!fresh || isTurnBefore(tenant, turnStart, fresh, fresh.turnStart)))
      return { tenant, turnStart };
    return fresh && { tenant: fresh, turnStart: fresh.turnStart };
  }

  private lookInto(shapeKey: string): OpenShape {
    const { tenants } = this.view.waitingByShape.get(shapeKey) as WaitingShape;
    const seen = new Heap<{ seenTenant: SeenTenant; turnStart: number }>((one, other) =>
      isTurnBefore(one.seenTenant.tenant, one.turnStart, other.seenTenant.tenant, other.turnStart),
    );
    for (const seenTenant of this.seenTenants.values()) {
      if (seenTenant.heads.get(shapeKey)?.heads.peek()) seen.add({ seenTenant, turnStart: seenTenant.turnStart });
    }
    const open = { unseen: tenants.reader(), seen };
    this.openShapes.set(shapeKey, open);
    return open;
  }

  private take(tenant: TenantQueue, { shapeKey }: QueueHead, lanes: number, share: number): void {
    let seenTenant = this.seenTenants.get(tenant);
    if (!seenTenant) {
      const heads = new Map([...tenant.headsByShape].map(([key, { shape, heads: all }]) => [key, { shape, heads: all.reader() }]));
      seenTenant = { tenant, virtualTime: tenant.virtualTime, turnStart: tenant.turnStart, plannedLanes: 0, heads };
      this.seenTenants.set(tenant, seenTenant);
    }
    seenTenant.heads.get(shapeKey)?.heads.next();
    seenTenant.virtualTime += share;
    seenTenant.turnStart = turnAt(seenTenant.turnStart, seenTenant.virtualTime, this.view.turnShare);
    seenTenant.plannedLanes += lanes;
    for (const [key, { heads }] of seenTenant.heads) {
      if (heads.peek()) this.openShapes.get(key)?.seen.add({ seenTenant, turnStart: seenTenant.turnStart });
    }
  }
}

function isBefore(one: Turn, other: Turn): boolean {
  return isTurnBefore(one.tenant, one.turnStart, other.tenant, other.turnStart);
}
