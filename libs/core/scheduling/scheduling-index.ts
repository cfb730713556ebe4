import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { Change, LeasedGeneration, NodeFacts } from '#core/scheduling/changes';
import { FreeLanes } from '#core/scheduling/free-lanes';
import { Heap, type HeapReader } from '#core/scheduling/heap';
import { type IndexedLease, isYounger } from '#core/scheduling/indexed-lease';
import { LaneBoard } from '#core/scheduling/lane-board';
import { FLEX_COUNTS_AS_SHARED_AFTER_MS, MAX_HEADS_PER_TENANT, RUNS_PER_TURN } from '#core/scheduling/limits';
import type { SchedulingView, WaitingShape } from '#core/scheduling/plan';
import { isBeforeInQueue, type QueueHead, startDeadlineOf } from '#core/scheduling/queue-order';
import { RunEstimates } from '#core/scheduling/run-estimates';
import { isGuaranteedTier, mayBorrow } from '#core/scheduling/service-tier';
import { isServedBefore, runsLow, TenantQueue, type TierQueue, turnAt } from '#core/scheduling/tenant-queue';
import { shapeKeyOf, type WaitingGeneration } from '#core/scheduling/waiting-generation';

interface IndexedNode {
  facts: NodeFacts;
  lanes: FreeLanes;
  /** Lane → the lease that holds it. */
  occupied: Map<string, IndexedLease>;
}

const DEFAULT_WEIGHT = 1;

/** The scheduler's memory of one pool class: a fold of committed changes that the planner reads. Each change costs at most a logarithm of the queue. */
export class SchedulingIndex implements SchedulingView {
  readonly waitingByShape = new Map<string, WaitingShape>();
  readonly board = new LaneBoard();
  readonly tenantsBelowGuarantee = new Set<TenantQueue>();
  readonly ownersWithIdleUnits = new Set<TenantQueue>();
  readonly borrowers = new Heap<IndexedLease>(isYounger);
  readonly dyingLanes = new Map<string, number>();
  borrowedLanes = 0;
  private soldUnits = 0;
  private usableLanes = 0;
  private readonly estimates = new RunEstimates();
  private readonly tenants = new Map<string, TenantQueue>();
  private readonly weights = new Map<string, number>();
  private readonly waiting = new Map<string, { head: QueueHead; tenant: TenantQueue }>();
  /** Waiting `flex` that does not count as `shared` yet, the oldest first. */
  private readonly youngFlex = new Heap<QueueHead>((one, other) => one.generation.createdAt < other.generation.createdAt);
  private readonly leases = new Map<string, IndexedLease>();
  private readonly nodes = new Map<string, IndexedNode>();
  private readonly lowQueues = new Map<TierQueue, string>();
  private clock = Number.NEGATIVE_INFINITY;
  private sharingTenants = 0;
  private sharingBegun = 0;
  private sharingWeight = 0;
  /**
   * The share that an always sharing tenant would have had. Who begins to share starts no earlier, so absence earns nothing, and no later, so
   * it costs nothing. It follows ended work, not only admissions: a stream of newcomers that all start at one point would starve the others.
   * It never passes what the least served waiting tenant will have had after its next generation.
   */
  private systemShare = 0;

  /** @param follower folds the same changes into something of its own */
  constructor(private readonly follower?: { apply(change: Change): void; reset(): void }) {}

  apply(change: Change): void {
    this.follower?.apply(change);
    switch (change.type) {
      case 'node':
        this.putNode(change.node);
        break;
      case 'weight':
        this.setWeight(change.tenantId, change.weight);
        break;
      case 'units':
        this.setUnits(change.tenantId, change.units);
        break;
      case 'clock':
        this.advanceClock(change.now);
        break;
      case 'queued':
        this.queue(change.generation);
        break;
      case 'left':
        this.leave(change.generationId);
        break;
      case 'heads':
        this.replaceHeads(change.tenantId, change.tier, change.generations, change.hasMore);
        break;
      case 'more': {
        const tenant = this.tenant(change.tenantId);
        this.change(tenant, () => {
          tenant.tierQueue(change.tier).hasUnseen = true;
        });
        break;
      }
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

  /** Lanes that nobody's units claim. */
  get sharedLanes(): number {
    return Math.max(0, this.usableLanes - this.soldUnits);
  }

  get turnShare(): number {
    return RUNS_PER_TURN * this.estimates.meanRunLaneMs;
  }

  estimateMs(generation: WaitingGeneration): number {
    return this.estimates.estimateMs(generation);
  }

  waitingGeneration(generationId: string): WaitingGeneration | undefined {
    return this.waiting.get(generationId)?.head.generation;
  }

  waitingHead(generationId: string): QueueHead | undefined {
    return this.waiting.get(generationId)?.head;
  }

  tenantQueue(tenantId: string): TenantQueue | undefined {
    return this.tenants.get(tenantId);
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  knownTenants(): IterableIterator<TenantQueue> {
    return this.tenants.values();
  }

  get lanes(): number {
    return this.usableLanes;
  }

  get meanRunLaneMs(): number {
    return this.estimates.meanRunLaneMs;
  }

  /** A lease whose lanes are not free yet. */
  findLease(lease: LeaseRef): Readonly<IndexedLease> | undefined {
    return this.leases.get(keyOf(lease));
  }

  leasesNotFreed(): IterableIterator<Readonly<IndexedLease>> {
    return this.leases.values();
  }

  freeLanesOf(nodeId: string): HeapReader<{ readonly laneId: string }> {
    return (this.nodes.get(nodeId) as IndexedNode).lanes.reader();
  }

  leasesOn(nodeId: string): Set<Readonly<IndexedLease>> {
    return new Set(this.nodes.get(nodeId)?.occupied.values());
  }

  nodeFacts(nodeId: string): NodeFacts | undefined {
    return this.nodes.get(nodeId)?.facts;
  }

  knownNodes(): string[] {
    return [...this.nodes.keys()];
  }

  tenantsWithUnits(): string[] {
    return [...this.tenants.values()].filter(({ units }) => units > 0).map(({ tenantId }) => tenantId);
  }

  /** Queues that go on in the database and whose heads run low, with the heads that should be read. */
  queuesToRefill(): { tenantId: string; tier: ServiceTier; headsWanted: number }[] {
    return [...this.lowQueues].map(([{ tier, headsWanted }, tenantId]) => ({ tenantId, tier, headsWanted }));
  }

  /** Forgets queue, leases, nodes and units, to be loaded anew. What was learned of run times and shares stays. */
  reset(): void {
    this.follower?.reset();
    this.waitingByShape.clear();
    this.waiting.clear();
    for (const head of [...this.youngFlex.values()]) this.youngFlex.remove(head);
    for (const lease of [...this.borrowers.values()]) this.borrowers.remove(lease);
    this.leases.clear();
    this.lowQueues.clear();
    this.dyingLanes.clear();
    for (const nodeId of this.nodes.keys()) this.board.remove(nodeId);
    this.nodes.clear();
    this.tenantsBelowGuarantee.clear();
    this.ownersWithIdleUnits.clear();
    const known = [...this.tenants.values()];
    this.tenants.clear();
    this.borrowedLanes = 0;
    this.soldUnits = 0;
    this.usableLanes = 0;
    this.sharingTenants = 0;
    this.sharingWeight = 0;
    for (const { tenantId, servedShare } of known) {
      if (servedShare > this.systemShare) Object.assign(this.tenant(tenantId), { servedShare, turnStart: servedShare });
    }
  }

  private putNode(facts: NodeFacts): void {
    const known = this.nodes.get(facts.nodeId);
    if (known?.facts.isUsable) this.usableLanes -= known.facts.laneIds.length;
    if (facts.isUsable) this.usableLanes += facts.laneIds.length;
    const occupied: IndexedNode['occupied'] = known?.occupied ?? new Map();
    const node: IndexedNode = { facts, occupied, lanes: new FreeLanes(facts.laneIds, (laneId) => occupied.has(laneId)) };
    this.nodes.set(facts.nodeId, node);
    this.show(node);
  }

  /** Puts the node's free lanes on the board, or takes it off. */
  private show({ facts, lanes }: IndexedNode): void {
    if (facts.isUsable) this.board.put({ ...facts, freeLanes: lanes.count });
    else this.board.remove(facts.nodeId);
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

  private setUnits(tenantId: string, units: number): void {
    if (!(Number.isSafeInteger(units) && units >= 0)) throw new RangeError(`units must be a whole number: ${units}`);
    const tenant = this.tenant(tenantId);
    this.soldUnits += units - tenant.units;
    this.change(tenant, () => {
      tenant.units = units;
    });
  }

  private advanceClock(now: number): void {
    this.clock = Math.max(this.clock, now);
    for (;;) {
      const oldest = this.youngFlex.best();
      if (!oldest || oldest.generation.createdAt + FLEX_COUNTS_AS_SHARED_AFTER_MS > this.clock) return;
      const { generation } = oldest;
      const { tenant } = this.waiting.get(generation.generationId) as { tenant: TenantQueue };
      this.leave(generation.generationId);
      this.addHead(this.tenant(tenant.tenantId), generation);
    }
  }

  private queue(generation: WaitingGeneration): void {
    if (this.waiting.has(generation.generationId)) return;
    const tenant = this.tenant(generation.tenantId);
    if (tenant.isLeftInStore(generation)) return;
    this.addHead(tenant, generation);
    for (const { generation: left } of tenant.surplus(generation.tier)) this.leave(left.generationId);
  }

  private addHead(tenant: TenantQueue, generation: WaitingGeneration): void {
    const { model, gangLanes, placement, createdAt } = generation;
    const isAged = generation.tier === 'flex' && createdAt + FLEX_COUNTS_AS_SHARED_AFTER_MS <= this.clock;
    const shape = { model, tier: isAged ? 'shared' : generation.tier, gangLanes, placement };
    const shapeKey = shapeKeyOf(shape);
    const estimatedMs = this.estimateMs(generation);
    const startDeadline = startDeadlineOf(generation, estimatedMs);
    const head: QueueHead = { generation, shapeKey, expectedLaneMs: estimatedMs * gangLanes, startDeadline };
    this.change(tenant, () => {
      if (mayBorrow(shape.tier)) this.beginToShare(tenant);
      tenant.add(head, shape);
    });
    this.waiting.set(generation.generationId, { head, tenant });
    if (shape.tier === 'flex') this.youngFlex.add(head);
    if (!mayBorrow(shape.tier)) return;
    let ofShape = this.waitingByShape.get(shapeKey);
    if (!ofShape) {
      ofShape = { shape, tenants: new Heap(isServedBefore) };
      this.waitingByShape.set(shapeKey, ofShape);
    }
    if (!ofShape.tenants.has(tenant)) ofShape.tenants.add(tenant);
  }

  private beginToShare(tenant: TenantQueue): void {
    if (tenant.isSharing) return;
    tenant.servedShare = Math.max(tenant.servedShare, this.systemShare);
    this.sharingBegun += 1;
    tenant.sharingSince = this.sharingBegun;
    tenant.turnStart = tenant.servedShare;
  }

  private leave(generationId: string): void {
    const entry = this.waiting.get(generationId);
    if (!entry) return;
    const { head, tenant } = entry;
    this.waiting.delete(generationId);
    this.youngFlex.remove(head);
    this.change(tenant, () => tenant.remove(head));
    if (tenant.headsByShape.has(head.shapeKey)) return;
    const ofShape = this.waitingByShape.get(head.shapeKey);
    ofShape?.tenants.remove(tenant);
    if (ofShape?.tenants.size === 0) this.waitingByShape.delete(head.shapeKey);
  }

  private replaceHeads(tenantId: string, tier: ServiceTier, generations: readonly WaitingGeneration[], hasMore: boolean): void {
    const tenant = this.tenant(tenantId);
    const wanted = new Set(generations.map(({ generationId }) => generationId));
    for (const { generation } of tenant.headsOfTier(tier)) if (!wanted.has(generation.generationId)) this.leave(generation.generationId);
    for (const generation of generations) if (!this.waiting.has(generation.generationId)) this.addHead(this.tenant(tenantId), generation);
    const refilled = this.tenant(tenantId);
    this.change(refilled, () => {
      const queue = refilled.tierQueue(tier);
      queue.hasUnseen = false;
      queue.storeBoundary = hasMore ? (generations.at(-1) ?? null) : null;
      queue.headsWanted = Math.min(2 * queue.headsWanted, MAX_HEADS_PER_TENANT);
    });
  }

  private lease(leased: LeasedGeneration): void {
    if (this.leases.has(keyOf(leased))) return;
    const node = this.nodes.get(leased.nodeId);
    if (!node) throw new Error(`lease on an unknown node: ${leased.nodeId}`);
    for (const laneId of leased.laneIds) if (node.occupied.has(laneId)) throw new Error(`two leases on lane ${laneId}`);

    const startDeadline = this.waiting.get(leased.generationId)?.head.startDeadline ?? Number.POSITIVE_INFINITY;
    const lease: IndexedLease = {
      ...leased,
      estimatedMs: leased.estimatedMs ?? this.estimates.estimateMs(leased),
      isEnded: false,
      isGuaranteed: false,
      place: { generation: leased, shapeKey: '', expectedLaneMs: 0, startDeadline },
    };
    this.leases.set(keyOf(lease), lease);
    for (const laneId of lease.laneIds) {
      node.occupied.set(laneId, lease);
      node.lanes.occupy(laneId);
    }
    this.show(node);

    const tenant = this.tenant(lease.tenantId);
    if (isBorrowed(lease)) this.notePassing(tenant);
    this.change(tenant, () => {
      tenant.lanes += lease.laneIds.length;
      if (isBorrowed(lease)) {
        this.beginToShare(tenant);
        tenant.borrowedLaneMs += laneMsOf(lease);
        tenant.borrowedLeases += 1;
      }
      if (lease.servedFrom === 'own' && isGuaranteedTier(lease.tier)) this.guarantee(tenant, lease);
      else this.borrow(tenant, lease);
    });
    this.leave(lease.generationId);
  }

  /** The tenant whose turn it was has been passed by one whose model was resident: that has a bound. */
  private notePassing(started: TenantQueue): void {
    let first: TenantQueue | undefined;
    for (const { tenants } of this.waitingByShape.values()) {
      const best = tenants.best();
      if (best && (!first || isServedBefore(best, first))) first = best;
    }
    started.timesPassed = 0;
    if (first && first !== started) first.timesPassed += 1;
  }

  private guarantee(tenant: TenantQueue, lease: IndexedLease): void {
    lease.isGuaranteed = true;
    tenant.guaranteedLanes += lease.laneIds.length;
    tenant.guaranteed.add(lease);
  }

  private borrow(tenant: TenantQueue, lease: IndexedLease): void {
    lease.isGuaranteed = false;
    this.borrowers.add(lease);
    if (isGuaranteedTier(lease.tier)) tenant.beyondUnits.add(lease);
    if (lease.servedFrom !== 'own') this.borrowedLanes += lease.laneIds.length;
  }

  private guaranteeNoMore(tenant: TenantQueue, lease: IndexedLease): void {
    tenant.guaranteed.remove(lease);
    tenant.guaranteedLanes -= lease.laneIds.length;
  }

  private borrowNoMore(tenant: TenantQueue, lease: IndexedLease): void {
    this.borrowers.remove(lease);
    tenant.beyondUnits.remove(lease);
    if (lease.servedFrom !== 'own') this.borrowedLanes -= lease.laneIds.length;
  }

  private end(ref: LeaseRef, ranMs: number, wasWhole: boolean): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease || lease.isEnded) return;
    lease.isEnded = true;
    if (wasWhole) this.estimates.learn(lease, ranMs);
    this.dyingLanes.set(lease.nodeId, (this.dyingLanes.get(lease.nodeId) ?? 0) + lease.laneIds.length);

    const tenant = this.tenant(lease.tenantId);
    const ranLaneMs = isBorrowed(lease) ? ranMs * lease.laneIds.length : 0;
    const sharingWeight = this.sharingWeight;
    this.change(tenant, () => {
      if (lease.isGuaranteed) this.guaranteeNoMore(tenant, lease);
      else this.borrowNoMore(tenant, lease);
      tenant.lanes -= lease.laneIds.length;
      if (!isBorrowed(lease)) return;
      tenant.borrowedLeases -= 1;
      tenant.borrowedLaneMs = tenant.borrowedLeases === 0 ? 0 : tenant.borrowedLaneMs - laneMsOf(lease); // zero exactly: sums of fractions drift
      tenant.servedShare += ranLaneMs / tenant.weight;
    });
    if (ranLaneMs > 0) this.advanceSystemShare(ranLaneMs / sharingWeight);
  }

  private advanceSystemShare(byShare: number): void {
    let limit = Number.POSITIVE_INFINITY;
    for (const [shapeKey, { tenants }] of this.waitingByShape) {
      const tenant = tenants.best();
      const next = tenant?.headsByShape.get(shapeKey)?.heads.best()?.generation;
      if (tenant && next) limit = Math.min(limit, tenant.virtualTime + (this.estimateMs(next) * next.gangLanes) / tenant.weight);
    }
    this.systemShare = Math.max(this.systemShare, Math.min(this.systemShare + byShare, limit));
  }

  private free(ref: LeaseRef): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease) return;
    this.end(ref, 0, false);
    this.leases.delete(keyOf(ref));
    const dying = (this.dyingLanes.get(lease.nodeId) ?? 0) - lease.laneIds.length;
    if (dying > 0) this.dyingLanes.set(lease.nodeId, dying);
    else this.dyingLanes.delete(lease.nodeId);
    const node = this.nodes.get(lease.nodeId) as IndexedNode;
    for (const laneId of lease.laneIds) {
      node.occupied.delete(laneId);
      node.lanes.release(laneId);
    }
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
    const { isSharing: wasSharing, weight: weightBefore, turnStart: turnBefore, sharingSince: sharingBefore } = tenant;
    makeChange();
    this.fillUnits(tenant);
    tenant.turnStart = turnAt(tenant.turnStart, tenant.virtualTime, this.turnShare);
    if (tenant.turnStart !== turnBefore || tenant.sharingSince !== sharingBefore) {
      for (const shapeKey of tenant.headsByShape.keys()) {
        const tenants = this.waitingByShape.get(shapeKey)?.tenants;
        if (tenants?.has(tenant)) tenants.moved(tenant);
      }
    }
    for (const queue of tenant.tierQueues.values()) {
      if (runsLow(queue)) this.lowQueues.set(queue, tenant.tenantId);
      else this.lowQueues.delete(queue);
    }
    keepIf(this.tenantsBelowGuarantee, tenant, tenant.isBelowGuarantee);
    keepIf(this.ownersWithIdleUnits, tenant, tenant.couldUseOwnIdleUnits);

    const { isSharing } = tenant;
    this.sharingTenants += Number(isSharing) - Number(wasSharing);
    this.sharingWeight += (isSharing ? tenant.weight : 0) - (wasSharing ? weightBefore : 0);
    if (isSharing) return;
    if (tenant.servedShare <= this.systemShare) this.forgetIfIdle(tenant);
    if (wasSharing && this.sharingTenants === 0) this.makeAllEqual();
  }

  /**
   * Units are filled in the order of the tenant's queue, running or waiting: what runs beyond them moves onto them before later work starts
   * there, so a burst that borrowed well is not recalled when its own units get free.
   */
  private fillUnits(tenant: TenantQueue): void {
    while (tenant.guaranteedLanes > tenant.units) {
      const last = tenant.guaranteed.best() as IndexedLease;
      this.guaranteeNoMore(tenant, last);
      this.borrow(tenant, last);
    }
    for (;;) {
      const first = tenant.beyondUnits.best();
      if (!first || tenant.guaranteedLanes + first.laneIds.length > tenant.units) return;
      const waiting = tenant.bestGuaranteedHead();
      if (waiting && isBeforeInQueue(waiting, first.place)) return;
      this.borrowNoMore(tenant, first);
      this.guarantee(tenant, first);
    }
  }

  /** One that is not ahead of the system starts at the system's share anyway. */
  private forgetIfIdle(tenant: TenantQueue): void {
    if (tenant.isIdle) this.tenants.delete(tenant.tenantId);
  }

  /** With nobody sharing all are equal. */
  private makeAllEqual(): void {
    for (const tenant of [...this.tenants.values()]) {
      tenant.servedShare = 0;
      tenant.turnStart = 0;
      this.forgetIfIdle(tenant);
    }
    this.sharingWeight = 0;
    this.systemShare = 0;
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}

function laneMsOf({ estimatedMs, laneIds }: IndexedLease): number {
  return estimatedMs * laneIds.length;
}

/** Rule 2 shares out what is nobody's own: work on own units is paid for already, and counts for nothing there. */
function isBorrowed({ servedFrom }: IndexedLease): boolean {
  return servedFrom !== 'own';
}

function keepIf<T>(set: Set<T>, entry: T, isWanted: boolean): void {
  if (isWanted) set.add(entry);
  else set.delete(entry);
}
