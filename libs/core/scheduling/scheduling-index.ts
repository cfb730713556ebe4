import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { Change, LeasedGeneration, NodeFacts } from '#core/scheduling/changes';
import { Heap, type HeapReader } from '#core/scheduling/heap';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { IndexedNodes } from '#core/scheduling/indexed-nodes';
import type { LaneBoard } from '#core/scheduling/lane-board';
import { FLEX_COUNTS_AS_SHARED_AFTER_MS, MAX_HEADS_PER_TENANT, RUNS_PER_TURN } from '#core/scheduling/limits';
import type { SchedulingView, WaitingShape } from '#core/scheduling/plan';
import { type QueueHead, startDeadlineOf } from '#core/scheduling/queue-order';
import { RunEstimates } from '#core/scheduling/run-estimates';
import { mayBorrow } from '#core/scheduling/service-tier';
import { notePassing, Sharing } from '#core/scheduling/sharing';
import { isServedBefore, runsLow, TenantQueue, type TierQueue, turnAt } from '#core/scheduling/tenant-queue';
import { UnitFilling } from '#core/scheduling/unit-filling';
import { shapeKeyOf, type WaitingGeneration } from '#core/scheduling/waiting-generation';

const DEFAULT_WEIGHT = 1;

/** The scheduler's memory of one pool class: a fold of committed changes that the planner reads. Each change costs at most a logarithm of the queue. */
export class SchedulingIndex implements SchedulingView {
  readonly waitingByShape = new Map<string, WaitingShape>();
  readonly tenantsBelowGuarantee = new Set<TenantQueue>();
  readonly ownersWithIdleUnits = new Set<TenantQueue>();
  private soldUnits = 0;
  private readonly nodes = new IndexedNodes();
  private readonly filling = new UnitFilling();
  private readonly sharing = new Sharing();
  private readonly estimates = new RunEstimates();
  private readonly tenants = new Map<string, TenantQueue>();
  private readonly weights = new Map<string, number>();
  private readonly waiting = new Map<string, { head: QueueHead; tenant: TenantQueue }>();
  /** Waiting `flex` that does not count as `shared` yet, the oldest first. */
  private readonly youngFlex = new Heap<QueueHead>((one, other) => one.generation.createdAt < other.generation.createdAt);
  private readonly leases = new Map<string, IndexedLease>();
  private readonly lowQueues = new Map<TierQueue, string>();
  private clock = Number.NEGATIVE_INFINITY;

  /** @param follower folds the same changes into something of its own */
  constructor(private readonly follower?: { apply(change: Change): void; reset(): void }) {}

  apply(change: Change): void {
    this.follower?.apply(change);
    switch (change.type) {
      case 'node':
        this.nodes.put(change.node);
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

  get board(): LaneBoard {
    return this.nodes.board;
  }

  get dyingLanes(): ReadonlyMap<string, number> {
    return this.nodes.dyingLanes;
  }

  get borrowers(): Heap<IndexedLease> {
    return this.filling.borrowers;
  }

  get borrowedLanes(): number {
    return this.filling.borrowedLanes;
  }

  /** Lanes that nobody's units claim. */
  get sharedLanes(): number {
    return Math.max(0, this.lanes - this.soldUnits);
  }

  get turnShare(): number {
    return RUNS_PER_TURN * this.estimates.meanRunLaneMs;
  }

  estimateMs(kind: Pick<WaitingGeneration, 'model' | 'outputKey' | 'burnLaneMs' | 'gangLanes'>): number {
    return this.estimates.estimateMs(kind);
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
    return this.nodes.usableLanes;
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
    return this.nodes.freeLanesOf(nodeId);
  }

  leasesOn(nodeId: string): Set<Readonly<IndexedLease>> {
    return this.nodes.leasesOn(nodeId);
  }

  nodeFacts(nodeId: string): NodeFacts | undefined {
    return this.nodes.facts(nodeId);
  }

  knownNodes(): string[] {
    return this.nodes.ids();
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
    this.leases.clear();
    this.lowQueues.clear();
    this.nodes.clear();
    this.filling.clear();
    this.sharing.clear();
    this.tenantsBelowGuarantee.clear();
    this.ownersWithIdleUnits.clear();
    const known = [...this.tenants.values()];
    this.tenants.clear();
    this.soldUnits = 0;
    for (const { tenantId, servedShare } of known) {
      if (servedShare > this.sharing.systemShare) Object.assign(this.tenant(tenantId), { servedShare, turnStart: servedShare });
    }
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
      if (mayBorrow(shape.tier)) this.sharing.begin(tenant);
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
    const startDeadline = this.waiting.get(leased.generationId)?.head.startDeadline ?? Number.POSITIVE_INFINITY;
    const lease: IndexedLease = {
      ...leased,
      estimatedMs: leased.estimatedMs ?? this.estimates.estimateMs(leased),
      isEnded: false,
      isGuaranteed: false,
      place: { generation: leased, shapeKey: '', expectedLaneMs: 0, startDeadline },
    };
    this.nodes.occupy(lease);
    this.leases.set(keyOf(lease), lease);

    const tenant = this.tenant(lease.tenantId);
    if (isBorrowed(lease)) notePassing(tenant, this.waitingByShape);
    this.change(tenant, () => {
      tenant.lanes += lease.laneIds.length;
      if (isBorrowed(lease)) {
        this.sharing.begin(tenant);
        tenant.borrowedLaneMs += laneMsOf(lease);
        tenant.borrowedLeases += 1;
      }
      this.filling.start(tenant, lease);
    });
    this.leave(lease.generationId);
  }

  private end(ref: LeaseRef, ranMs: number, wasWhole: boolean): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease || lease.isEnded) return;
    lease.isEnded = true;
    if (wasWhole) this.estimates.learn(lease, ranMs);
    this.nodes.beginToFree(lease);

    const tenant = this.tenant(lease.tenantId);
    const ranLaneMs = isBorrowed(lease) ? ranMs * lease.laneIds.length : 0;
    const sharingWeight = this.sharing.weight;
    this.change(tenant, () => {
      this.filling.end(tenant, lease);
      tenant.lanes -= lease.laneIds.length;
      if (!isBorrowed(lease)) return;
      tenant.borrowedLeases -= 1;
      tenant.borrowedLaneMs = tenant.borrowedLeases === 0 ? 0 : tenant.borrowedLaneMs - laneMsOf(lease); // zero exactly: sums of fractions drift
      tenant.servedShare += ranLaneMs / tenant.weight;
    });
    if (ranLaneMs > 0) this.sharing.advance(ranLaneMs / sharingWeight, this.waitingByShape, this.estimates);
  }

  private free(ref: LeaseRef): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease) return;
    this.end(ref, 0, false);
    this.leases.delete(keyOf(ref));
    this.nodes.free(lease);
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
    const { isSharing, weight, turnStart: turnBefore, sharingSince: sharingBefore } = tenant;
    makeChange();
    this.filling.fill(tenant);
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

    const wasLast = this.sharing.note(tenant, { isSharing, weight });
    if (tenant.isSharing) return;
    if (tenant.servedShare <= this.sharing.systemShare) this.forgetIfIdle(tenant);
    if (wasLast) this.makeAllEqual();
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
    this.sharing.makeAllEqual();
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
