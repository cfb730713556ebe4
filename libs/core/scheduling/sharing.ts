import type { WaitingShape } from '#core/scheduling/plan';
import type { RunEstimates } from '#core/scheduling/run-estimates';
import { isServedBefore, type TenantQueue } from '#core/scheduling/tenant-queue';

type WaitingByShape = ReadonlyMap<string, WaitingShape>;

/** Who shares the lanes that are nobody's own, and how far sharing has come. A share is lane-milliseconds per weight. */
export class Sharing {
  /**
   * The share that an always sharing tenant would have had. Who begins to share starts no earlier, so absence earns nothing, and no later, so
   * it costs nothing. It follows ended work, not only admissions: a stream of newcomers that all start at one point would starve the others.
   * It never passes what the least served waiting tenant will have had after its next generation.
   */
  systemShare = 0;
  /** Of all that share. */
  weight = 0;
  private tenants = 0;
  private begun = 0;

  begin(tenant: TenantQueue): void {
    if (tenant.isSharing) return;
    tenant.servedShare = Math.max(tenant.servedShare, this.systemShare);
    this.begun += 1;
    tenant.sharingSince = this.begun;
    tenant.turnStart = tenant.servedShare;
  }

  /** Follows a tenant's change. @returns whether it was the last to share */
  note(tenant: TenantQueue, before: { isSharing: boolean; weight: number }): boolean {
    const { isSharing } = tenant;
    this.tenants += Number(isSharing) - Number(before.isSharing);
    this.weight += (isSharing ? tenant.weight : 0) - (before.isSharing ? before.weight : 0);
    return before.isSharing && this.tenants === 0;
  }

  advance(byShare: number, waitingByShape: WaitingByShape, estimates: RunEstimates): void {
    let limit = Number.POSITIVE_INFINITY;
    for (const [shapeKey, { tenants }] of waitingByShape) {
      const tenant = tenants.best();
      const next = tenant?.headsByShape.get(shapeKey)?.heads.best()?.generation;
      if (tenant && next) limit = Math.min(limit, tenant.virtualTime + (estimates.estimateMs(next) * next.gangLanes) / tenant.weight);
    }
    this.systemShare = Math.max(this.systemShare, Math.min(this.systemShare + byShare, limit));
  }

  /** With nobody sharing all are equal. */
  makeAllEqual(): void {
    this.weight = 0;
    this.systemShare = 0;
  }

  /** Nobody is known to share any more; how far sharing has come stays. */
  clear(): void {
    this.tenants = 0;
    this.weight = 0;
  }
}

/** The tenant whose turn it was has been passed by one whose model was resident: that has a bound. */
export function notePassing(started: TenantQueue, waitingByShape: WaitingByShape): void {
  let first: TenantQueue | undefined;
  for (const { tenants } of waitingByShape.values()) {
    const best = tenants.best();
    if (best && (!first || isServedBefore(best, first))) first = best;
  }
  started.timesPassed = 0;
  if (first && first !== started) first.timesPassed += 1;
}
