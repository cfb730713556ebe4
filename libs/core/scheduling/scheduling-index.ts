import type { LeaseRef } from '#core/generations/lease';
import type { Change, LeasedGeneration, NodeFacts } from '#core/scheduling/changes';
import { Heap } from '#core/scheduling/heap';
import { LaneBoard } from '#core/scheduling/lane-board';
import { MAX_HEADS_PER_TENANT } from '#core/scheduling/limits';
import type { SchedulingView } from '#core/scheduling/plan';
import { type QueueHead, startDeadlineOf } from '#core/scheduling/queue-order';
import { RunEstimates } from '#core/scheduling/run-estimates';
import { isServedBefore, TenantQueue } from '#core/scheduling/tenant-queue';
import { type Shape, shapeKeyOf, type WaitingGeneration } from '#core/scheduling/waiting-generation';

interface IndexedLease extends LeasedGeneration {
  estimatedMs: number;
  isEnded: boolean;
}

interface IndexedNode {
  facts: NodeFacts;
  /** Lane → the lease that holds it. */
  occupied: Map<string, IndexedLease>;
}

const DEFAULT_WEIGHT = 1;

/** The scheduler's memory of one pool class: a fold of committed changes that the planner reads. Each change costs at most a logarithm of the queue. */
export class SchedulingIndex implements SchedulingView {
  readonly waitingByShape = new Map<string, { shape: Shape; tenants: Heap<TenantQueue> }>();
  readonly board = new LaneBoard();
  private readonly estimates = new RunEstimates();
  private readonly tenants = new Map<string, TenantQueue>();
  private readonly weights = new Map<string, number>();
  private readonly waiting = new Map<string, { head: QueueHead; tenant: TenantQueue }>();
  private readonly leases = new Map<string, IndexedLease>();
  private readonly nodes = new Map<string, IndexedNode>();
  private readonly lowTenants = new Set<TenantQueue>();
  private activeTenants = 0;
  private activeWeight = 0;
  /**
   * The share that an always active tenant would have had. Who becomes active starts no earlier, so absence earns nothing, and no later, so
   * it costs nothing. It follows ended work, not only admissions: a stream of newcomers that all start at one point would starve the others.
   * It never passes what the least served waiting tenant will have had after its next generation.
   */
  private systemShare = 0;

  apply(change: Change): void {
    switch (change.type) {
      case 'node':
        this.putNode(change.node);
        break;
      case 'weight':
        this.setWeight(change.tenantId, change.weight);
        break;
      case 'queued':
        this.queue(change.generation);
        break;
      case 'left':
        this.leave(change.generationId);
        break;
      case 'heads':
        this.replaceHeads(change.tenantId, change.generations, change.hasMore);
        break;
      case 'leased':
        this.lease(change.lease);
        break;
      case 'ended':
        this.end(change.lease, change.ranMs, change.wasWhole);
        break;
      case 'freed':
        this.free(change.lease);
        break;
    }
  }

  estimateMs(generation: WaitingGeneration): number {
    return this.estimates.estimateMs(generation);
  }

  waitingGeneration(generationId: string): WaitingGeneration | undefined {
    return this.waiting.get(generationId)?.head.generation;
  }

  /** A lease whose lanes are not free yet. */
  findLease(lease: LeaseRef): Readonly<IndexedLease> | undefined {
    return this.leases.get(keyOf(lease));
  }

  leasesNotFreed(): IterableIterator<Readonly<IndexedLease>> {
    return this.leases.values();
  }

  leasesOn(nodeId: string): Set<Readonly<IndexedLease>> {
    return new Set(this.nodes.get(nodeId)?.occupied.values());
  }

  knownNodes(): string[] {
    return [...this.nodes.keys()];
  }

  /** Tenants whose queue goes on in the database and whose heads run low, with the heads that should be read. */
  tenantsToRefill(): { tenantId: string; headsWanted: number }[] {
    return [...this.lowTenants].map(({ tenantId, headsWanted }) => ({ tenantId, headsWanted }));
  }

  /** Forgets queue, leases and nodes, to be loaded anew. What was learned of run times and shares stays. */
  reset(): void {
    this.waitingByShape.clear();
    this.waiting.clear();
    this.leases.clear();
    this.lowTenants.clear();
    for (const nodeId of this.nodes.keys()) this.board.remove(nodeId);
    this.nodes.clear();
    const known = [...this.tenants.values()];
    this.tenants.clear();
    this.activeTenants = 0;
    this.activeWeight = 0;
    for (const { tenantId, servedShare } of known) {
      if (servedShare > this.systemShare) this.tenant(tenantId).servedShare = servedShare;
    }
  }

  private putNode(facts: NodeFacts): void {
    const known = this.nodes.get(facts.nodeId);
    const node: IndexedNode = { facts, occupied: known?.occupied ?? new Map() };
    this.nodes.set(facts.nodeId, node);
    this.show(node);
  }

  /** Puts the node's free lanes on the board, or takes it off. */
  private show({ facts, occupied }: IndexedNode): void {
    this.board.remove(facts.nodeId);
    if (!facts.isUsable) return;
    const { nodeId, siteId, region, jurisdiction } = facts;
    const freeLaneIds = facts.laneIds.filter((laneId) => !occupied.has(laneId));
    this.board.put({ nodeId, siteId, region, jurisdiction, residentModels: new Set(facts.residentModels), freeLaneIds });
  }

  private setWeight(tenantId: string, weight: number): void {
    if (!(weight > 0)) throw new RangeError(`a weight must be positive: ${weight}`);
    this.weights.set(tenantId, weight);
    const tenant = this.tenants.get(tenantId);
    if (tenant)
      this.change(tenant, () => {
        tenant.weight = weight;
      });
  }

  private queue(generation: WaitingGeneration): void {
    if (this.waiting.has(generation.generationId)) return;
    const tenant = this.tenant(generation.tenantId);
    if (tenant.isLeftInStore(generation)) return;
    this.addHead(tenant, generation);
    for (const { generation: left } of tenant.surplus()) this.leave(left.generationId);
  }

  private addHead(tenant: TenantQueue, generation: WaitingGeneration): void {
    const shapeKey = shapeKeyOf(generation);
    const head: QueueHead = { generation, shapeKey, startDeadline: startDeadlineOf(generation, this.estimateMs(generation)) };
    this.change(tenant, () => {
      if (tenant.waiting === 0) tenant.servedShare = Math.max(tenant.servedShare, this.systemShare);
      tenant.add(head);
    });
    this.waiting.set(generation.generationId, { head, tenant });
    let ofShape = this.waitingByShape.get(shapeKey);
    if (!ofShape) {
      const { gangLanes, placement } = generation;
      ofShape = { shape: { gangLanes, placement }, tenants: new Heap(isServedBefore) };
      this.waitingByShape.set(shapeKey, ofShape);
    }
    if (!ofShape.tenants.has(tenant)) ofShape.tenants.add(tenant);
  }

  private leave(generationId: string): void {
    const entry = this.waiting.get(generationId);
    if (!entry) return;
    const { head, tenant } = entry;
    this.waiting.delete(generationId);
    this.change(tenant, () => tenant.remove(head));
    if (tenant.headsByShape.has(head.shapeKey)) return;
    const ofShape = this.waitingByShape.get(head.shapeKey);
    ofShape?.tenants.remove(tenant);
    if (ofShape?.tenants.size === 0) this.waitingByShape.delete(head.shapeKey);
  }

  private replaceHeads(tenantId: string, generations: readonly WaitingGeneration[], hasMore: boolean): void {
    const tenant = this.tenant(tenantId);
    const wanted = new Set(generations.map(({ generationId }) => generationId));
    const held = [...tenant.headsByShape.values()].flatMap((ofShape) => [...ofShape.values()]);
    for (const { generation } of held) if (!wanted.has(generation.generationId)) this.leave(generation.generationId);
    for (const generation of generations) if (!this.waiting.has(generation.generationId)) this.addHead(tenant, generation);
    this.change(tenant, () => {
      tenant.storeBoundary = hasMore ? (generations.at(-1) ?? null) : null;
      tenant.headsWanted = Math.min(2 * tenant.headsWanted, MAX_HEADS_PER_TENANT);
    });
  }

  private lease(lease: LeasedGeneration): void {
    if (this.leases.has(keyOf(lease))) return;
    const node = this.nodes.get(lease.nodeId);
    if (!node) throw new Error(`lease on an unknown node: ${lease.nodeId}`);
    for (const laneId of lease.laneIds) if (node.occupied.has(laneId)) throw new Error(`two leases on lane ${laneId}`);

    const indexed: IndexedLease = { ...lease, estimatedMs: lease.estimatedMs ?? this.estimates.estimateMs(lease), isEnded: false };
    this.leases.set(keyOf(lease), indexed);
    for (const laneId of lease.laneIds) node.occupied.set(laneId, indexed);
    this.show(node);

    const tenant = this.tenant(lease.tenantId);
    this.change(tenant, () => {
      if (!tenant.isActive) tenant.servedShare = Math.max(tenant.servedShare, this.systemShare);
      tenant.runningLaneMs += laneMsOf(indexed);
      tenant.runningLanes += lease.laneIds.length;
    });
    this.leave(lease.generationId);
  }

  private end(ref: LeaseRef, ranMs: number, wasWhole: boolean): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease || lease.isEnded) return;
    lease.isEnded = true;
    if (wasWhole) this.estimates.learn(lease, ranMs);

    const tenant = this.tenant(lease.tenantId);
    const ranLaneMs = ranMs * lease.laneIds.length;
    const activeWeight = this.activeWeight;
    this.change(tenant, () => {
      tenant.runningLanes -= lease.laneIds.length;
      tenant.runningLaneMs = tenant.runningLanes === 0 ? 0 : tenant.runningLaneMs - laneMsOf(lease); // zero exactly: sums of fractions drift
      tenant.servedShare += ranLaneMs / tenant.weight;
    });
    this.advanceSystemShare(ranLaneMs / activeWeight);
  }

  private advanceSystemShare(byShare: number): void {
    let limit = Number.POSITIVE_INFINITY;
    for (const [shapeKey, { tenants }] of this.waitingByShape) {
      const tenant = tenants.best();
      const next = tenant?.headsByShape.get(shapeKey)?.best()?.generation;
      if (tenant && next) limit = Math.min(limit, tenant.virtualTime + (this.estimateMs(next) * next.gangLanes) / tenant.weight);
    }
    this.systemShare = Math.max(this.systemShare, Math.min(this.systemShare + byShare, limit));
  }

  private free(ref: LeaseRef): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease) return;
    this.end(ref, 0, false);
    this.leases.delete(keyOf(ref));
    const node = this.nodes.get(lease.nodeId) as IndexedNode;
    for (const laneId of lease.laneIds) node.occupied.delete(laneId);
    this.show(node);
  }

  private tenant(tenantId: string): TenantQueue {
    let tenant = this.tenants.get(tenantId);
    if (!tenant) {
      tenant = new TenantQueue(tenantId, this.weights.get(tenantId) ?? DEFAULT_WEIGHT);
      this.tenants.set(tenantId, tenant);
    }
    return tenant;
  }

  /** Everything that follows from a tenant's state is brought up to date here, after each change of it. */
  private change(tenant: TenantQueue, makeChange: () => void): void {
    const { isActive: wasActive, weight: weightBefore, virtualTime: virtualTimeBefore } = tenant;
    makeChange();
    if (tenant.virtualTime !== virtualTimeBefore) {
      for (const shapeKey of tenant.headsByShape.keys()) {
        const tenants = this.waitingByShape.get(shapeKey)?.tenants;
        if (tenants?.has(tenant)) tenants.moved(tenant);
      }
    }
    if (tenant.runsLow) this.lowTenants.add(tenant);
    else this.lowTenants.delete(tenant);

    this.activeTenants += Number(tenant.isActive) - Number(wasActive);
    this.activeWeight += (tenant.isActive ? tenant.weight : 0) - (wasActive ? weightBefore : 0);
    if (!tenant.isActive) this.forgetIfEqual(tenant);
  }

  /** One that is not ahead of the system starts at the system's share anyway; with nobody active all are equal. */
  private forgetIfEqual(tenant: TenantQueue): void {
    if (tenant.servedShare <= this.systemShare) this.tenants.delete(tenant.tenantId);
    if (this.activeTenants > 0) return;
    this.tenants.clear();
    this.activeWeight = 0;
    this.systemShare = 0;
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}

function laneMsOf({ estimatedMs, laneIds }: IndexedLease): number {
  return estimatedMs * laneIds.length;
}
