import { Heap } from '#core/scheduling/heap';
import { type IndexedLease, isYounger } from '#core/scheduling/indexed-lease';
import { isBeforeInQueue } from '#core/scheduling/queue-order';
import { isGuaranteedTier } from '#core/scheduling/service-tier';
import type { TenantQueue } from '#core/scheduling/tenant-queue';

/** Which leases fill units of their tenants by right, and which borrow: these may be recalled. */
export class UnitFilling {
  readonly borrowers = new Heap<IndexedLease>(isYounger);
  /** Held by work on lanes that are not its own. */
  borrowedLanes = 0;

  start(tenant: TenantQueue, lease: IndexedLease): void {
    if (lease.servedFrom === 'own' && isGuaranteedTier(lease.tier)) this.guarantee(tenant, lease);
    else this.borrow(tenant, lease);
  }

  end(tenant: TenantQueue, lease: IndexedLease): void {
    if (lease.isGuaranteed) this.guaranteeNoMore(tenant, lease);
    else this.borrowNoMore(tenant, lease);
  }

  /**
   * Units are filled in the order of the tenant's queue, running or waiting: what runs beyond them moves onto them before later work starts
   * there, so a burst that borrowed well is not recalled when its own units get free.
   */
  fill(tenant: TenantQueue): void {
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

  clear(): void {
    for (const lease of [...this.borrowers.values()]) this.borrowers.remove(lease);
    this.borrowedLanes = 0;
  }

  private guarantee(tenant: TenantQueue, lease: IndexedLease): void {
    lease.isGuaranteed = true;
    tenant.guaranteedLanes += lease.laneIds.length;
    tenant.guaranteed.add(lease);
  }

  private guaranteeNoMore(tenant: TenantQueue, lease: IndexedLease): void {
    tenant.guaranteed.remove(lease);
    tenant.guaranteedLanes -= lease.laneIds.length;
  }

  private borrow(tenant: TenantQueue, lease: IndexedLease): void {
    lease.isGuaranteed = false;
    this.borrowers.add(lease);
    if (isGuaranteedTier(lease.tier)) tenant.beyondUnits.add(lease);
    if (lease.servedFrom !== 'own') this.borrowedLanes += lease.laneIds.length;
  }

  private borrowNoMore(tenant: TenantQueue, lease: IndexedLease): void {
    this.borrowers.remove(lease);
    tenant.beyondUnits.remove(lease);
    if (lease.servedFrom !== 'own') this.borrowedLanes -= lease.laneIds.length;
  }
}
