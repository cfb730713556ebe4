import type { ServiceTier } from '#core/catalog/service-tiers';
import { RUNS_PER_TURN } from '#core/scheduling/limits';
import type { RunEstimates } from '#core/scheduling/run-estimates';
import type { Sharing } from '#core/scheduling/sharing';
import { runsLow, TenantQueue, type TierQueue, turnAt } from '#core/scheduling/tenant-queue';
import type { UnitFilling } from '#core/scheduling/unit-filling';
import type { WaitingShapes } from '#core/scheduling/waiting-shapes';

const DEFAULT_WEIGHT = 1;

interface FollowedBy {
  filling: UnitFilling;
  sharing: Sharing;
  estimates: RunEstimates;
  shapes: WaitingShapes;
}

/** The tenants of a pool class, with everything that follows from the state of one. */
export class IndexedTenants {
  readonly belowGuarantee = new Set<TenantQueue>();
  readonly withIdleUnits = new Set<TenantQueue>();
  /** Of all tenants. */
  soldUnits = 0;
  private readonly tenants = new Map<string, TenantQueue>();
  private readonly weights = new Map<string, number>();
  private readonly lowQueues = new Map<TierQueue, string>();

  constructor(private readonly followedBy: FollowedBy) {}

  find(tenantId: string): TenantQueue | undefined {
    return this.tenants.get(tenantId);
  }

  /** Makes one that is not known yet. */
  of(tenantId: string): TenantQueue {
    let tenant = this.tenants.get(tenantId);
    if (!tenant) {
      tenant = new TenantQueue(tenantId, this.weights.get(tenantId) ?? DEFAULT_WEIGHT);
      this.tenants.set(tenantId, tenant);
    }
    return tenant;
  }

  values(): IterableIterator<TenantQueue> {
    return this.tenants.values();
  }

  get turnShare(): number {
    return RUNS_PER_TURN * this.followedBy.estimates.meanRunLaneMs;
  }

  /** Queues that go on in the database and whose heads run low, with the heads that should be read. */
  queuesToRefill(): { tenantId: string; tier: ServiceTier; headsWanted: number }[] {
    return [...this.lowQueues].map(([{ tier, headsWanted }, tenantId]) => ({ tenantId, tier, headsWanted }));
  }

  /** @throws RangeError */
  setWeight(tenantId: string, weight: number): void {
    if (!(weight > 0)) throw new RangeError(`a weight must be positive: ${weight}`);
    this.weights.set(tenantId, weight);
    const tenant = this.tenants.get(tenantId);
    if (!tenant) return;
    this.change(tenant, () => {
      tenant.weight = weight;
    });
  }

  /** @throws RangeError */
  setUnits(tenantId: string, units: number): void {
    if (!(Number.isSafeInteger(units) && units >= 0)) throw new RangeError(`units must be a whole number: ${units}`);
    const tenant = this.of(tenantId);
    this.soldUnits += units - tenant.units;
    this.change(tenant, () => {
      tenant.units = units;
    });
  }

  /** Everything that follows from a tenant's state is brought up to date here, after each change of it. */
  change(tenant: TenantQueue, makeChange: () => void): void {
    const { filling, sharing, shapes } = this.followedBy;
    const { isSharing, weight, turnStart: turnBefore, sharingSince: sharingBefore } = tenant;
    makeChange();
    filling.fill(tenant);
    tenant.turnStart = turnAt(tenant.turnStart, tenant.virtualTime, this.turnShare);
    if (tenant.turnStart !== turnBefore || tenant.sharingSince !== sharingBefore) shapes.moved(tenant);
    for (const queue of tenant.tierQueues.values()) {
      if (runsLow(queue)) this.lowQueues.set(queue, tenant.tenantId);
      else this.lowQueues.delete(queue);
    }
    keepIf(this.belowGuarantee, tenant, tenant.isBelowGuarantee);
    keepIf(this.withIdleUnits, tenant, tenant.couldUseOwnIdleUnits);

    const wasLast = sharing.note(tenant, { isSharing, weight });
    if (tenant.isSharing) return;
    if (tenant.servedShare <= sharing.systemShare) this.forgetIfIdle(tenant);
    if (wasLast) this.makeAllEqual();
  }

  /** Forgets queues and units. What has been had of shared lanes stays. */
  reset(): void {
    const { sharing } = this.followedBy;
    const known = [...this.tenants.values()];
    this.tenants.clear();
    this.lowQueues.clear();
    this.belowGuarantee.clear();
    this.withIdleUnits.clear();
    this.soldUnits = 0;
    for (const { tenantId, servedShare } of known) {
      if (servedShare > sharing.systemShare) Object.assign(this.of(tenantId), { servedShare, turnStart: servedShare });
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
    this.followedBy.sharing.makeAllEqual();
  }
}

function keepIf<T>(set: Set<T>, entry: T, isWanted: boolean): void {
  if (isWanted) set.add(entry);
  else set.delete(entry);
}
