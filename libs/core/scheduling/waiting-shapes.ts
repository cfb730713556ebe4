import { Heap } from '#core/scheduling/heap';
import type { WaitingShape } from '#core/scheduling/plan';
import { isServedBefore, type TenantQueue } from '#core/scheduling/tenant-queue';
import type { Shape } from '#core/scheduling/waiting-generation';

/** What waits and may borrow, by shape: whose turn it is among the tenants of each. */
export class WaitingShapes {
  readonly byShape = new Map<string, WaitingShape>();

  /** The tenant has something of this shape. */
  join(tenant: TenantQueue, shape: Shape, shapeKey: string): void {
    let ofShape = this.byShape.get(shapeKey);
    if (!ofShape) {
      ofShape = { shape, tenants: new Heap(isServedBefore) };
      this.byShape.set(shapeKey, ofShape);
    }
    if (!ofShape.tenants.has(tenant)) ofShape.tenants.add(tenant);
  }

  /** The tenant has nothing more of this shape. */
  leave(tenant: TenantQueue, shapeKey: string): void {
    const ofShape = this.byShape.get(shapeKey);
    ofShape?.tenants.remove(tenant);
    if (ofShape?.tenants.size === 0) this.byShape.delete(shapeKey);
  }

  /** The tenant's turn comes earlier or later than before. */
  moved(tenant: TenantQueue): void {
    for (const shapeKey of tenant.headsByShape.keys()) {
      const tenants = this.byShape.get(shapeKey)?.tenants;
      if (tenants?.has(tenant)) tenants.moved(tenant);
    }
  }

  clear(): void {
    this.byShape.clear();
  }
}
