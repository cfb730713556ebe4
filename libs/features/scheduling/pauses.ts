import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import type { Change } from '#core/scheduling/changes';
import type { Tx } from '#platform/database/tx';

export interface PausesRead {
  isPoolPaused: boolean;
  tenantIds: readonly string[];
}

export async function readPauses(tx: Tx, poolClass: string): Promise<PausesRead> {
  const [row] = await tx.query<PausesRead>(
    `SELECT EXISTS (SELECT 1 FROM pool_pauses WHERE pool_class = $1) AS "isPoolPaused",
            (SELECT coalesce(array_agg(tenant_id::text), '{}') FROM tenant_pauses) AS "tenantIds"`,
    [poolClass],
  );
  return row as PausesRead;
}

/**
 * What operators have paused. A paused tenant's queue is hidden from the index, so that its units are lent like any that are idle; what
 * runs goes on. A paused pool class is not planned at all.
 */
export class Pauses {
  isPoolPaused = false;
  private tenantIds = new Set<string>();

  /** @returns changes that hide and show queues: a shown one is read again from the database */
  update({ isPoolPaused, tenantIds }: PausesRead): Change[] {
    const before = this.tenantIds;
    this.isPoolPaused = isPoolPaused;
    this.tenantIds = new Set(tenantIds);
    const hidden = tenantIds.filter((tenantId) => !before.has(tenantId));
    const shown = [...before].filter((tenantId) => !this.tenantIds.has(tenantId));
    return SERVICE_TIERS.flatMap((tier): Change[] => [
      ...hidden.map((tenantId): Change => ({ type: 'heads', tenantId, tier, generations: [], hasMore: false })),
      ...shown.map((tenantId): Change => ({ type: 'more', tenantId, tier })),
    ]);
  }

  isTenantPaused(tenantId: string): boolean {
    return this.tenantIds.has(tenantId);
  }

  /** A change as the index may see it. */
  seen(change: Change): Change {
    if (change.type === 'queued' && this.tenantIds.has(change.generation.tenantId)) {
      return { type: 'left', generationId: change.generation.generationId };
    }
    if ((change.type === 'heads' || change.type === 'more') && this.tenantIds.has(change.tenantId)) {
      return { type: 'heads', tenantId: change.tenantId, tier: change.tier, generations: [], hasMore: false };
    }
    return change;
  }
}
