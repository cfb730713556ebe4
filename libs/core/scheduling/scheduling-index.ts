import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { Change, LeasedGeneration, NodeFacts } from '#core/scheduling/changes';
import type { Heap, HeapReader } from '#core/scheduling/heap';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { IndexedNodes } from '#core/scheduling/indexed-nodes';
import { IndexedTenants } from '#core/scheduling/indexed-tenants';
import type { LaneBoard } from '#core/scheduling/lane-board';
import type { SchedulingView, WaitingShape } from '#core/scheduling/plan';
import type { QueueHead } from '#core/scheduling/queue-order';
import { RunEstimates } from '#core/scheduling/run-estimates';
import { notePassing, Sharing } from '#core/scheduling/sharing';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import { UnitFilling } from '#core/scheduling/unit-filling';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import { WaitingHeads } from '#core/scheduling/waiting-heads';
import { WaitingShapes } from '#core/scheduling/waiting-shapes';

/** The scheduler's memory of one pool class: a fold of committed changes that the planner reads. Each change costs at most a logarithm of the queue. */
export class SchedulingIndex implements SchedulingView {
  private readonly nodes = new IndexedNodes();
  private readonly filling = new UnitFilling();
  private readonly sharing = new Sharing();
  private readonly estimates = new RunEstimates();
  private readonly shapes = new WaitingShapes();
  private readonly tenants: IndexedTenants;
  private readonly heads: WaitingHeads;
  private readonly leases = new Map<string, IndexedLease>();

  /** @param follower folds the same changes into something of its own */
  constructor(private readonly follower?: { apply(change: Change): void; reset(): void }) {
    const { filling, sharing, estimates, shapes } = this;
    this.tenants = new IndexedTenants({ filling, sharing, estimates, shapes });
    this.heads = new WaitingHeads({ tenants: this.tenants, sharing, estimates, shapes });
  }

  apply(change: Change): void {
    this.follower?.apply(change);
    switch (change.type) {
      case 'node':
        this.nodes.put(change.node);
        break;
      case 'weight':
        this.tenants.setWeight(change.tenantId, change.weight);
        break;
      case 'units':
        this.tenants.setUnits(change.tenantId, change.units);
        break;
      case 'clock':
        this.heads.advanceClock(change.now);
        break;
      case 'queued':
        this.heads.queue(change.generation);
        break;
      case 'left':
        this.heads.remove(change.generationId);
        break;
      case 'heads':
        this.heads.replace(change.tenantId, change.tier, change.generations, change.hasMore);
        break;
      case 'more':
        this.heads.noteMore(change.tenantId, change.tier);
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

  get waitingByShape(): ReadonlyMap<string, WaitingShape> {
    return this.shapes.byShape;
  }

  get tenantsBelowGuarantee(): ReadonlySet<TenantQueue> {
    return this.tenants.belowGuarantee;
  }

  get ownersWithIdleUnits(): ReadonlySet<TenantQueue> {
    return this.tenants.withIdleUnits;
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
    return Math.max(0, this.lanes - this.tenants.soldUnits);
  }

  get turnShare(): number {
    return this.tenants.turnShare;
  }

  estimateMs(kind: Pick<WaitingGeneration, 'model' | 'outputKey' | 'burnLaneMs' | 'gangLanes'>): number {
    return this.estimates.estimateMs(kind);
  }

  waitingGeneration(generationId: string): WaitingGeneration | undefined {
    return this.heads.find(generationId)?.generation;
  }

  waitingHead(generationId: string): QueueHead | undefined {
    return this.heads.find(generationId);
  }

  tenantQueue(tenantId: string): TenantQueue | undefined {
    return this.tenants.find(tenantId);
  }

  get waitingCount(): number {
    return this.heads.count;
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

  queuesToRefill(): { tenantId: string; tier: ServiceTier; headsWanted: number }[] {
    return this.tenants.queuesToRefill();
  }

  /** Forgets queue, leases, nodes and units, to be loaded anew. What was learned of run times and shares stays. */
  reset(): void {
    this.follower?.reset();
    this.shapes.clear();
    this.heads.clear();
    this.leases.clear();
    this.nodes.clear();
    this.filling.clear();
    this.sharing.clear();
    this.tenants.reset();
  }

  private lease(leased: LeasedGeneration): void {
    if (this.leases.has(keyOf(leased))) return;
    const startDeadline = this.heads.find(leased.generationId)?.startDeadline ?? Number.POSITIVE_INFINITY;
    const lease: IndexedLease = {
      ...leased,
      estimatedMs: leased.estimatedMs ?? this.estimates.estimateMs(leased),
      isEnded: false,
      isGuaranteed: false,
      place: { generation: leased, shapeKey: '', expectedLaneMs: 0, startDeadline },
    };
    this.nodes.occupy(lease);
    this.leases.set(keyOf(lease), lease);

    const tenant = this.tenants.of(lease.tenantId);
    if (isBorrowed(lease)) notePassing(tenant, this.shapes.byShape);
    this.tenants.change(tenant, () => {
      tenant.lanes += lease.laneIds.length;
      if (isBorrowed(lease)) {
        this.sharing.begin(tenant);
        tenant.borrowedLaneMs += laneMsOf(lease);
        tenant.borrowedLeases += 1;
      }
      this.filling.start(tenant, lease);
    });
    this.heads.remove(lease.generationId);
  }

  private end(ref: LeaseRef, ranMs: number, wasWhole: boolean): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease || lease.isEnded) return;
    lease.isEnded = true;
    if (wasWhole) this.estimates.learn(lease, ranMs);
    this.nodes.beginToFree(lease);

    const tenant = this.tenants.of(lease.tenantId);
    const ranLaneMs = isBorrowed(lease) ? ranMs * lease.laneIds.length : 0;
    const sharingWeight = this.sharing.weight;
    this.tenants.change(tenant, () => {
      this.filling.end(tenant, lease);
      tenant.lanes -= lease.laneIds.length;
      if (!isBorrowed(lease)) return;
      tenant.borrowedLeases -= 1;
      tenant.borrowedLaneMs = tenant.borrowedLeases === 0 ? 0 : tenant.borrowedLaneMs - laneMsOf(lease); // zero exactly: sums of fractions drift
      tenant.servedShare += ranLaneMs / tenant.weight;
    });
    if (ranLaneMs > 0) this.sharing.advance(ranLaneMs / sharingWeight, this.shapes.byShape, this.estimates);
  }

  private free(ref: LeaseRef): void {
    const lease = this.leases.get(keyOf(ref));
    if (!lease) return;
    this.end(ref, 0, false);
    this.leases.delete(keyOf(ref));
    this.nodes.free(lease);
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
