import { admitTo, type Draft } from '#core/scheduling/draft';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { mayRunAt } from '#core/scheduling/lane-board';
import { MAX_RECALLS_PER_PLAN, MODEL_LOAD_MS } from '#core/scheduling/limits';
import type { Recall } from '#core/scheduling/plan';
import { isGuaranteedTier } from '#core/scheduling/service-tier';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/**
 * Rule 1: a tenant below its guarantee goes first, at once. Without a free lane it waits for one that is dying already, else the youngest
 * borrower is recalled; never another tenant's guaranteed work.
 */
export function keepGuarantees(draft: Draft): void {
  const { view } = draft;
  if (view.tenantsBelowGuarantee.size === 0) return;
  const recalls = new Recalls(draft);
  // Where lanes are too few for all that was sold, the one with the smallest part of its guarantee comes first.
  const tenants = [...view.tenantsBelowGuarantee].sort((one, other) => {
    const [oneKept, otherKept] = [one.guaranteedLanes / one.units, other.guaranteedLanes / other.units];
    if (oneKept !== otherKept) return oneKept - otherKept;
    return one.tenantId < other.tenantId ? -1 : 1;
  });
  for (const tenant of tenants) keepGuarantee(draft, tenant, recalls);
}

function keepGuarantee(draft: Draft, tenant: TenantQueue, recalls: Recalls): void {
  const { board, queues } = draft;
  let guaranteedLanes = tenant.guaranteedLanes;
  while (draft.admit.length < draft.maxAdmissions) {
    const head = queues.bestHead(tenant, ({ tier, gangLanes }) => isGuaranteedTier(tier) && gangLanes <= tenant.units);
    // A gang that needs more than what is left of the units holds the rest: smaller work that passed it for ever would starve it.
    if (!head || guaranteedLanes + head.generation.gangLanes > tenant.units) return;
    const { generation } = head;
    const node = board.find(generation);
    if (node) admitTo(draft, generation, board.take(node, generation.gangLanes), 'own');
    else if (!recalls.makeRoom(generation)) {
      queues.passOver({ tenant, head }); // no node has so many lanes, or none may be recalled
      continue;
    }
    queues.takeOwn({ tenant, head });
    guaranteedLanes += generation.gangLanes;
  }
}

/** The recalls of one plan. What is dying since an earlier plan is counted before anything is recalled: recalls in flight are never doubled. */
class Recalls {
  /** Node → dying lanes that no head of this plan waits for yet. */
  private readonly dyingLanes: Map<string, number>;
  private readonly recalled = new Set<IndexedLease>();

  constructor(private readonly draft: Draft) {
    this.dyingLanes = new Map(draft.view.dyingLanes);
  }

  /** @returns false when nothing that may be recalled would make room */
  makeRoom(generation: WaitingGeneration): boolean {
    if (this.waitForDying(generation)) return true;
    if (this.draft.recall.length >= MAX_RECALLS_PER_PLAN) return false;
    return generation.gangLanes === 1 ? this.recallOne(generation) : this.recallForGang(generation);
  }

  private waitForDying(generation: WaitingGeneration): boolean {
    for (const [nodeId, dying] of this.dyingLanes) {
      const free = this.draft.board.freeLanesOf(nodeId);
      if (dying + free < generation.gangLanes || !this.isPossible(nodeId, generation)) continue;
      this.claim(nodeId, generation.gangLanes);
      return true;
    }
    return false;
  }

  /** The youngest borrower, or one little older whose node has the model: loading it would lose more. */
  private recallOne(generation: WaitingGeneration): boolean {
    const { view } = this.draft;
    const reader = view.borrowers.reader();
    let youngest: IndexedLease | undefined;
    let chosen: IndexedLease | undefined;
    for (let lease = reader.next(); lease; lease = reader.next()) {
      if (youngest && lease.startedAt < youngest.startedAt - MODEL_LOAD_MS) break;
      if (!this.mayRecall(lease, generation)) continue;
      youngest ??= lease;
      if (!view.nodeFacts(lease.nodeId)?.residentModels.includes(generation.model)) continue;
      chosen = lease;
      break;
    }
    chosen ??= youngest;
    if (!chosen) return false;
    this.recall(chosen, generation);
    this.claim(chosen.nodeId, 1);
    return true;
  }

  /** Rule 5: on the node where least work is lost. */
  private recallForGang(generation: WaitingGeneration): boolean {
    let best: { nodeId: string; leases: IndexedLease[]; lostLaneMs: number } | undefined;
    for (const nodeId of this.draft.view.knownNodes()) {
      const room = this.roomOn(nodeId, generation);
      if (room && (!best || room.lostLaneMs < best.lostLaneMs)) best = { nodeId, ...room };
    }
    if (!best) return false;
    for (const lease of best.leases) this.recall(lease, generation);
    this.claim(best.nodeId, generation.gangLanes);
    return true;
  }

  private roomOn(nodeId: string, generation: WaitingGeneration): { leases: IndexedLease[]; lostLaneMs: number } | undefined {
    if (!this.isPossible(nodeId, generation)) return undefined;
    const { view, board, now } = this.draft;
    let lanes = board.freeLanesOf(nodeId) + (this.dyingLanes.get(nodeId) ?? 0);
    let lostLaneMs = 0;
    const leases: IndexedLease[] = [];
    const youngestFirst = [...view.leasesOn(nodeId)]
      .filter((lease) => !lease.isEnded && !lease.isGuaranteed)
      .sort((one, other) => other.startedAt - one.startedAt || (one.generationId < other.generationId ? -1 : 1));
    for (const lease of youngestFirst) {
      if (lanes >= generation.gangLanes) break;
      if (!this.mayRecall(lease, generation)) continue;
      leases.push(lease);
      lanes += lease.laneIds.length;
      lostLaneMs += Math.max(0, now - lease.startedAt) * lease.laneIds.length;
    }
    return lanes >= generation.gangLanes ? { leases, lostLaneMs } : undefined;
  }

  private recall(lease: IndexedLease, { tenantId: ownerId }: WaitingGeneration): void {
    const { tenantId, generationId, fence, nodeId, laneIds } = lease;
    this.recalled.add(lease);
    this.draft.recall.push({ tenantId, generationId, fence, nodeId, ownerId } satisfies Recall);
    this.dyingLanes.set(nodeId, (this.dyingLanes.get(nodeId) ?? 0) + laneIds.length);
  }

  /** Lanes of the node that a head of this plan waits for: nobody else gets the free ones among them. */
  private claim(nodeId: string, lanes: number): void {
    const dying = this.dyingLanes.get(nodeId) ?? 0;
    const fromDying = Math.min(dying, lanes);
    this.dyingLanes.set(nodeId, dying - fromDying);
    if (fromDying < lanes) this.draft.board.keep(nodeId);
  }

  private mayRecall(lease: Readonly<IndexedLease>, generation: WaitingGeneration): boolean {
    return !this.recalled.has(lease) && !this.fillsOwnUnits(lease, generation) && this.isPossible(lease.nodeId, generation);
  }

  /** An owner's other work on its own idle units borrows from nobody but its owner. While all sold units exist, another borrower can be found. */
  private fillsOwnUnits(lease: Readonly<IndexedLease>, { tenantId }: WaitingGeneration): boolean {
    if (lease.tenantId === tenantId) return false;
    const tenant = this.draft.view.tenantQueue(lease.tenantId);
    return tenant !== undefined && tenant.lanes <= tenant.units;
  }

  private isPossible(nodeId: string, { placement }: WaitingGeneration): boolean {
    const facts = this.draft.view.nodeFacts(nodeId);
    return facts?.isUsable === true && mayRunAt(placement, facts.siteId, facts);
  }
}
