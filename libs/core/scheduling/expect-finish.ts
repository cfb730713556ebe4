import type { ServiceTier } from '#core/catalog/service-tiers';
import { type ExplainView, waitBehind } from '#core/scheduling/explain';
import type { StartCalibration } from '#core/scheduling/start-calibration';
import { TenantQueue } from '#core/scheduling/tenant-queue';

/** What is left of a batch in one pool class. */
export interface WaitingWork {
  tenantId: string;
  tier: ServiceTier;
  priority: number;
  kinds: readonly { model: string; outputKey: string; gangLanes: number; rows: number; burnLaneMs: number }[];
}

export interface FinishView extends ExplainView {
  /** Run time on its lanes as runs have taught it; the rate card's burn before the first. */
  estimateMs(kind: { model: string; outputKey: string; gangLanes: number; burnLaneMs: number }): number;
}

/**
 * When the last of this work is expected to be done, with these chances, milliseconds since 1970: as if it were one generation that waits behind all of
 * the work itself and behind what of its tenant goes before it. Undefined when nothing shows that it can run.
 */
export function expectFinish(
  view: FinishView,
  calibration: StartCalibration,
  work: WaitingWork,
  now: number,
): { finishP50: number; finishP90: number } | undefined {
  let ownLaneMs = 0;
  let longestRunMs = 0;
  for (const { rows, burnLaneMs, ...kind } of work.kinds) {
    if (rows === 0) continue;
    const runMs = view.estimateMs({ ...kind, burnLaneMs: burnLaneMs / rows });
    ownLaneMs += rows * runMs * kind.gangLanes;
    longestRunMs = Math.max(longestRunMs, runMs);
  }
  const tenant = view.tenantQueue(work.tenantId) ?? newcomer(view, work.tenantId);
  const before = laneMsBefore(tenant, work);
  const expected = waitBehind(view, tenant, work.tier, { laneMs: before + Math.max(0, ownLaneMs - longestRunMs), heads: 0 }, now);
  if (!expected || view.lanes === 0) return undefined;
  const { p50Ms, p90Ms } = calibration.interval(expected.waitMs, expected);
  return { finishP50: now + p50Ms + longestRunMs, finishP90: now + p90Ms + longestRunMs };
}

/** Work of the tenant that a batch lets go first. What waits with its own priority is its own, as far as anybody knows. */
function laneMsBefore(tenant: TenantQueue, { priority }: WaitingWork): number {
  let laneMs = 0;
  for (const { heads } of tenant.headsByShape.values())
    for (const head of heads.values()) if (head.generation.priority > priority) laneMs += head.expectedLaneMs;
  return laneMs;
}

/** A tenant that begins to wait starts where the least served one stands: absence earns nothing. */
function newcomer(view: FinishView, tenantId: string): TenantQueue {
  const tenant = new TenantQueue(tenantId, 1);
  const turns = [...view.knownTenants()].filter(({ isSharing }) => isSharing).map(({ turnStart }) => turnStart);
  tenant.turnStart = turns.length > 0 ? Math.min(...turns) : 0;
  tenant.servedShare = tenant.turnStart;
  return tenant;
}
