import type { LeaseRef } from '#core/generations/lease';
import { Heap, type HeapReader } from '#core/scheduling/heap';
import { type BoardNode, LaneBoard } from '#core/scheduling/lane-board';
import { MAX_ADMISSIONS_PER_PLAN } from '#core/scheduling/limits';
import { isBeforeInQueue, type QueueHead } from '#core/scheduling/queue-order';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import type { Shape, WaitingGeneration } from '#core/scheduling/waiting-generation';

/** What the planner reads. Nothing in it is changed by planning. */
export interface SchedulingView {
  /** Tenants with waiting generations of a shape, the least served first. */
  readonly waitingByShape: ReadonlyMap<string, { readonly shape: Shape; readonly tenants: Heap<TenantQueue> }>;
  /** Free lanes of usable nodes. */
  readonly board: LaneBoard;
  /** Expected run time of a generation on its lanes. */
  estimateMs(generation: WaitingGeneration): number;
}

export interface Admission {
  tenantId: string;
  generationId: string;
  nodeId: string;
  laneIds: readonly string[];
  estimatedMs: number;
  waitedMs: number;
}

export interface Recall extends LeaseRef {
  reason: 'guarantee';
}

export interface Plan {
  admit: Admission[];
  recall: Recall[];
}

/**
 * Gives free lanes to waiting generations: the least served tenant first, whose best generation that fits is admitted.
 * Reads as many entries as it admits, whatever the length of the queue.
 * @param now milliseconds since 1970
 */
export function plan(view: SchedulingView, now: number, maxAdmissions = MAX_ADMISSIONS_PER_PLAN): Plan {
  const admit: Admission[] = [];
  if (view.board.freeLanes === 0) return { admit, recall: [] };

  const draft = new Draft(view);
  while (admit.length < maxAdmissions) {
    const next = draft.next();
    if (!next) break;
    const { generation } = next.head;
    const place = draft.take(next);
    if (!place) continue;
    admit.push({
      tenantId: generation.tenantId,
      generationId: generation.generationId,
      ...place,
      estimatedMs: view.estimateMs(generation),
      waitedMs: Math.max(0, now - generation.queuedAt),
    });
  }
  return { admit, recall: [] };
}

interface Candidate {
  tenant: TenantQueue;
  head: QueueHead;
}

/** A tenant that has been given lanes in this plan. */
interface ServedTenant {
  tenant: TenantQueue;
  virtualTime: number;
  heads: Map<string, HeapReader<QueueHead>>;
}

/** A shape that may still fit: tenants as the view has them, and again those that this plan has served. */
interface OpenShape {
  unserved: HeapReader<TenantQueue>;
  served: Heap<{ servedTenant: ServedTenant; virtualTime: number }>;
}

/** The view as it would be after the admissions planned so far. */
class Draft {
  private readonly openShapes = new Map<string, OpenShape>();
  private readonly servedTenants = new Map<TenantQueue, ServedTenant>();
  /** Nodes that lost lanes to this plan, with what is left of them. */
  private readonly changedNodes = new LaneBoard();
  private readonly changedNodeIds = new Set<string>();

  constructor(private readonly view: SchedulingView) {
    for (const [shapeKey, { tenants }] of view.waitingByShape) {
      const served = new Heap<{ servedTenant: ServedTenant; virtualTime: number }>((one, other) =>
        isLessServed(one.servedTenant.tenant, one.virtualTime, other.servedTenant.tenant, other.virtualTime),
      );
      this.openShapes.set(shapeKey, { unserved: tenants.reader(), served });
    }
  }

  /** Rules 2 and 4: the least served tenant of all shapes that may fit, and its best head among these shapes. */
  next(): Candidate | undefined {
    let least: { tenant: TenantQueue; virtualTime: number } | undefined;
    for (const [shapeKey, openShape] of this.openShapes) {
      const tenant = this.leastServed(shapeKey, openShape);
      if (tenant && (!least || isLessServed(tenant.tenant, tenant.virtualTime, least.tenant, least.virtualTime))) least = tenant;
    }
    if (!least) return undefined;
    return { tenant: least.tenant, head: this.bestHeadOf(least.tenant) };
  }

  /** Rule 6. Without a place for it nothing of its shape fits any more in this plan: the shape is closed, and holds up no other. */
  take({ tenant, head }: Candidate): { nodeId: string; laneIds: string[] } | undefined {
    const node = this.findNode(head.generation);
    if (!node) {
      this.openShapes.delete(head.shapeKey);
      return undefined;
    }
    const { gangLanes } = head.generation;
    const laneIds = node.freeLaneIds.slice(0, gangLanes);
    this.changedNodeIds.add(node.nodeId);
    this.changedNodes.put({ ...node, freeLaneIds: node.freeLaneIds.slice(gangLanes) });
    this.noteServed(tenant, head);
    return { nodeId: node.nodeId, laneIds };
  }

  private leastServed(shapeKey: string, { unserved, served }: OpenShape): { tenant: TenantQueue; virtualTime: number } | undefined {
    let fresh = unserved.peek();
    while (fresh && this.servedTenants.has(fresh)) {
      unserved.next();
      fresh = unserved.peek();
    }
    let again = served.best();
    while (again && (again.virtualTime !== again.servedTenant.virtualTime || !again.servedTenant.heads.get(shapeKey)?.peek())) {
      served.takeBest(); // served since, or without work of this shape
      again = served.best();
    }
    const { tenant, virtualTime } = again?.servedTenant ?? {};
    if (!tenant || virtualTime === undefined) return fresh && { tenant: fresh, virtualTime: fresh.virtualTime };
    if (!fresh || isLessServed(tenant, virtualTime, fresh, fresh.virtualTime)) return { tenant, virtualTime };
    return { tenant: fresh, virtualTime: fresh.virtualTime };
  }

  private bestHeadOf(tenant: TenantQueue): QueueHead {
    const served = this.servedTenants.get(tenant);
    let best: QueueHead | undefined;
    for (const [shapeKey, heads] of tenant.headsByShape) {
      if (!this.openShapes.has(shapeKey)) continue;
      const head = served ? served.heads.get(shapeKey)?.peek() : heads.best();
      if (head && (!best || isBeforeInQueue(head, best))) best = head;
    }
    if (!best) throw new Error('a tenant without waiting generations was chosen');
    return best;
  }

  private findNode(generation: WaitingGeneration): BoardNode | undefined {
    const { board } = this.view;
    const isChanged = (nodeId: string) => this.changedNodeIds.has(nodeId);
    return (
      this.changedNodes.findResident(generation) ??
      board.findResident(generation, isChanged) ??
      this.changedNodes.findAny(generation) ??
      board.findAny(generation, isChanged)
    );
  }

  private noteServed(tenant: TenantQueue, { generation, shapeKey }: QueueHead): void {
    let servedTenant = this.servedTenants.get(tenant);
    if (!servedTenant) {
      const heads = new Map([...tenant.headsByShape].map(([key, ofShape]) => [key, ofShape.reader()]));
      servedTenant = { tenant, virtualTime: tenant.virtualTime, heads };
      this.servedTenants.set(tenant, servedTenant);
    }
    servedTenant.heads.get(shapeKey)?.next();
    servedTenant.virtualTime += (this.view.estimateMs(generation) * generation.gangLanes) / tenant.weight;
    for (const [key, heads] of servedTenant.heads) {
      if (heads.peek()) this.openShapes.get(key)?.served.add({ servedTenant, virtualTime: servedTenant.virtualTime });
    }
  }
}

function isLessServed(one: TenantQueue, oneTime: number, other: TenantQueue, otherTime: number): boolean {
  return oneTime === otherTime ? one.tenantId < other.tenantId : oneTime < otherTime;
}
