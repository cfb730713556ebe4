import { Heap, type HeapReader } from '#core/scheduling/heap';
import type { SchedulingView } from '#core/scheduling/plan';
import { isBeforeInQueue, type QueueHead } from '#core/scheduling/queue-order';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import type { Shape } from '#core/scheduling/waiting-generation';

export interface Candidate {
  tenant: TenantQueue;
  head: QueueHead;
}

/** A tenant that this plan has looked into. */
interface SeenTenant {
  tenant: TenantQueue;
  virtualTime: number;
  /** Lanes that this plan gives it, or has recalled for it. */
  plannedLanes: number;
  heads: Map<string, { shape: Shape; heads: HeapReader<QueueHead> }>;
}

/** A shape that may still fit: tenants as the view has them, and again those that this plan has seen. */
interface OpenShape {
  unseen: HeapReader<TenantQueue>;
  seen: Heap<{ seenTenant: SeenTenant; virtualTime: number }>;
}

/** The queues without what a plan in the making has taken from them. */
export class DraftQueues {
  private readonly openShapes = new Map<string, OpenShape>();
  private readonly seenTenants = new Map<TenantQueue, SeenTenant>();

  constructor(private readonly view: SchedulingView) {}

  /** From here on `leastServed` finds what waits in these shapes, too. */
  open(isWanted: (shape: Shape) => boolean): void {
    for (const [shapeKey, { shape, tenants }] of this.view.waitingByShape) {
      if (!isWanted(shape)) continue;
      const seen = new Heap<{ seenTenant: SeenTenant; virtualTime: number }>((one, other) =>
        isLessServed(one.seenTenant.tenant, one.virtualTime, other.seenTenant.tenant, other.virtualTime),
      );
      const open = { unseen: tenants.reader(), seen };
      this.openShapes.set(shapeKey, open);
      for (const seenTenant of this.seenTenants.values()) {
        if (seenTenant.heads.get(shapeKey)?.heads.peek()) seen.add({ seenTenant, virtualTime: seenTenant.virtualTime });
      }
    }
  }

  /** Nothing of the shape fits any more in this plan. It holds up no other. */
  close({ shapeKey }: QueueHead): void {
    this.openShapes.delete(shapeKey);
  }

  /** Rules 2 and 4: the least served tenant of all open shapes, and its best head among these. */
  leastServed(): Candidate | undefined {
    let least: { tenant: TenantQueue; virtualTime: number } | undefined;
    for (const [shapeKey, openShape] of this.openShapes) {
      const tenant = this.leastServedOf(shapeKey, openShape);
      if (tenant && (!least || isLessServed(tenant.tenant, tenant.virtualTime, least.tenant, least.virtualTime))) least = tenant;
    }
    if (!least) return undefined;
    const head = this.bestHead(least.tenant, (_, shapeKey) => this.openShapes.has(shapeKey));
    if (!head) throw new Error('a tenant without waiting generations was chosen');
    return { tenant: least.tenant, head };
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

  private leastServedOf(shapeKey: string, { unseen, seen }: OpenShape): { tenant: TenantQueue; virtualTime: number } | undefined {
    let fresh = unseen.peek();
    while (fresh && this.seenTenants.has(fresh)) {
      unseen.next();
      fresh = unseen.peek();
    }
    let again = seen.best();
    while (again && (again.virtualTime !== again.seenTenant.virtualTime || !again.seenTenant.heads.get(shapeKey)?.heads.peek())) {
      seen.takeBest(); // served since, or without work of this shape
      again = seen.best();
    }
    const { tenant, virtualTime } = again?.seenTenant ?? {};
    if (!tenant || virtualTime === undefined) return fresh && { tenant: fresh, virtualTime: fresh.virtualTime };
    if (!fresh || isLessServed(tenant, virtualTime, fresh, fresh.virtualTime)) return { tenant, virtualTime };
    return { tenant: fresh, virtualTime: fresh.virtualTime };
  }

  private take(tenant: TenantQueue, { shapeKey }: QueueHead, lanes: number, share: number): void {
    let seenTenant = this.seenTenants.get(tenant);
    if (!seenTenant) {
      const heads = new Map([...tenant.headsByShape].map(([key, { shape, heads: all }]) => [key, { shape, heads: all.reader() }]));
      seenTenant = { tenant, virtualTime: tenant.virtualTime, plannedLanes: 0, heads };
      this.seenTenants.set(tenant, seenTenant);
    }
    seenTenant.heads.get(shapeKey)?.heads.next();
    seenTenant.virtualTime += share;
    seenTenant.plannedLanes += lanes;
    for (const [key, { heads }] of seenTenant.heads) {
      if (heads.peek()) this.openShapes.get(key)?.seen.add({ seenTenant, virtualTime: seenTenant.virtualTime });
    }
  }
}

function isLessServed(one: TenantQueue, oneTime: number, other: TenantQueue, otherTime: number): boolean {
  return oneTime === otherTime ? one.tenantId < other.tenantId : oneTime < otherTime;
}
