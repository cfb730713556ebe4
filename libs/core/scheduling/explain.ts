import type { ServiceTier } from '#core/catalog/service-tiers';
import type { NodeFacts } from '#core/scheduling/changes';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { mayRunAt } from '#core/scheduling/lane-board';
import { isBeforeInQueue, type QueueHead } from '#core/scheduling/queue-order';
import { isGuaranteedTier, mayBorrow } from '#core/scheduling/service-tier';
import type { AwaitedStart, StartCalibration } from '#core/scheduling/start-calibration';
import { type TenantQueue, turnAt } from '#core/scheduling/tenant-queue';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

export type WaitReason =
  /** No usable node of the sites that are allowed has so many lanes. */
  | 'no_node_with_n_lanes'
  /** A gang of more lanes than the tenant's units, which may use nothing else. */
  | 'more_lanes_than_units'
  /** Its units have room for it: a lane is being taken back. */
  | 'lane_on_its_way'
  | 'own_units_busy'
  /** Recalled a moment ago. */
  | 'held_back'
  | 'no_free_lane';

/** What explaining reads beside the queues. */
export interface ExplainView {
  readonly turnShare: number;
  readonly lanes: number;
  waitingHead(generationId: string): QueueHead | undefined;
  tenantQueue(tenantId: string): TenantQueue | undefined;
  knownTenants(): Iterable<TenantQueue>;
  knownNodes(): readonly string[];
  nodeFacts(nodeId: string): NodeFacts | undefined;
  leasesNotFreed(): Iterable<Readonly<IndexedLease>>;
}

export interface Explanation {
  reason: WaitReason;
  /** How many generations of the pool are expected to start first, and one. */
  position: number;
  /** Nothing of its tenant's own goes before it. */
  isFirstOfItsTenant: boolean;
  /** When it is expected to start, with these chances, milliseconds since 1970. Null when nothing shows that it can. */
  startP50: number | null;
  startP90: number | null;
}

/** Why a generation waits, and until when it is likely to: computed when asked. Costs a look at every tenant, and at its own tenant's heads. */
export function explain(view: ExplainView, calibration: StartCalibration, generationId: string, now: number): Explanation | undefined {
  const head = view.waitingHead(generationId);
  const tenant = head && view.tenantQueue(head.generation.tenantId);
  if (!tenant) return undefined;
  const reason = reasonOf(view, tenant, head.generation, now);
  const expected = expectStart(view, head, now);
  const isFirstOfItsTenant = aheadInTenant(tenant, head).heads === 0;
  if (!expected || reason === 'no_node_with_n_lanes' || reason === 'more_lanes_than_units') {
    return { reason, position: expected?.position ?? 1, isFirstOfItsTenant, startP50: null, startP90: null };
  }
  const { p50Ms, p90Ms } = calibration.interval(expected.waitMs, expected);
  return { reason, position: expected.position, isFirstOfItsTenant, startP50: now + p50Ms, startP90: now + p90Ms };
}

function reasonOf(view: ExplainView, tenant: TenantQueue, generation: WaitingGeneration, now: number): WaitReason {
  const { tier, gangLanes, heldBack } = generation;
  if (!view.knownNodes().some((nodeId) => isPlaceFor(view, nodeId, generation))) return 'no_node_with_n_lanes';
  if (!mayBorrow(tier) && gangLanes > tenant.units) return 'more_lanes_than_units';
  if (isGuaranteedTier(tier) && tenant.guaranteedLanes + gangLanes <= tenant.units) return 'lane_on_its_way';
  if (!mayBorrow(tier)) return 'own_units_busy';
  if (heldBack && now < heldBack.untilMs) return 'held_back';
  return 'no_free_lane';
}

/** Whether it could run there at all, were the node empty. */
export function isPlaceFor(view: ExplainView, nodeId: string, { gangLanes, placement }: WaitingGeneration): boolean {
  const facts = view.nodeFacts(nodeId);
  return facts?.isUsable === true && facts.laneIds.length >= gangLanes && mayRunAt(placement, facts.siteId, facts);
}

export interface ExpectedStart extends AwaitedStart {
  position: number;
  /** With all estimates true and nobody new. What really comes is what the calibration has learned. */
  waitMs: number;
}

/** The planner's order as a fluid: what goes first by turns, over the lanes that it goes to. */
export function expectStart(view: ExplainView, head: QueueHead, now: number): ExpectedStart | undefined {
  const { generation } = head;
  const tenant = view.tenantQueue(generation.tenantId);
  if (!tenant) return undefined;
  return waitBehind(view, tenant, generation.tier, aheadInTenant(tenant, head), now);
}

/** How long what stands behind so much work of its tenant's own waits. */
export function waitBehind(
  view: ExplainView,
  tenant: TenantQueue,
  tier: ServiceTier,
  ahead: { laneMs: number; heads: number },
  now: number,
): ExpectedStart | undefined {
  const running = runningLaneMs(view, tenant, now);
  const isOnUnits = isGuaranteedTier(tier) && tenant.units > 0;
  const onUnits = isOnUnits ? (ahead.laneMs + running.guaranteed) / tenant.units : Number.POSITIVE_INFINITY;
  if (!mayBorrow(tier)) return isOnUnits ? { position: ahead.heads + 1, waitMs: onUnits, turnsAway: 0, isOnUnits } : undefined;

  let laneMs = ahead.laneMs;
  let heads = ahead.heads;
  let guaranteedLanes = 0;
  const turnStart = turnAt(tenant.turnStart, tenant.virtualTime + ahead.laneMs / tenant.weight, view.turnShare);
  for (const other of view.knownTenants()) {
    guaranteedLanes += other.guaranteedLanes;
    if (other === tenant || other.waitingHeads === 0) continue;
    const firstLaneMs = Math.min(other.waitingLaneMs, laneMsBefore(other, turnStart, tenant, view.turnShare));
    laneMs += firstLaneMs;
    heads += Math.round((other.waitingHeads * firstLaneMs) / other.waitingLaneMs);
  }
  const lanes = Math.max(1, view.lanes - guaranteedLanes);
  const shared = (laneMs + running.borrowed / 2) / lanes;
  const turnsAway = Math.round((turnStart - tenant.turnStart) / view.turnShare);
  return { position: heads + 1, waitMs: Math.min(shared, onUnits), turnsAway, isOnUnits };
}

/** What goes before it of its tenant's own, and fills units or borrows as it does. */
export function aheadInTenant(tenant: TenantQueue, head: QueueHead): { laneMs: number; heads: number } {
  let laneMs = 0;
  let heads = 0;
  for (const { shape, heads: ofShape } of tenant.headsByShape.values()) {
    if (isGuaranteedTier(shape.tier) !== isGuaranteedTier(head.generation.tier)) continue;
    for (const other of ofShape.values()) {
      if (other === head || !isBeforeInQueue(other, head)) continue;
      laneMs += other.expectedLaneMs;
      heads += 1;
    }
  }
  return { laneMs, heads };
}

/** Lane time that another tenant has until a turn that begins at `turnStart` is first. */
function laneMsBefore(other: TenantQueue, turnStart: number, tenant: TenantQueue, turnShare: number): number {
  const turns = Math.ceil((turnStart - other.turnStart) / turnShare);
  const isFirstOfEqual = other.turnStart + turns * turnShare === turnStart && other.sharingSince < tenant.sharingSince;
  const until = other.turnStart + (turns + Number(isFirstOfEqual)) * turnShare;
  return Math.max(0, until - other.virtualTime) * other.weight;
}

/** What is left of running work by its estimates. */
function runningLaneMs(view: ExplainView, tenant: TenantQueue, now: number): { guaranteed: number; borrowed: number } {
  const left = { guaranteed: 0, borrowed: 0 };
  for (const lease of view.leasesNotFreed()) {
    if (lease.isEnded) continue;
    const laneMs = Math.max(0, lease.estimatedMs - (now - lease.startedAt)) * lease.laneIds.length;
    if (!lease.isGuaranteed) left.borrowed += laneMs;
    else if (lease.tenantId === tenant.tenantId) left.guaranteed += laneMs;
  }
  return left;
}
