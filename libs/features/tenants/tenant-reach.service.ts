import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { HotPool } from '#platform/database/hot-pool';

export const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };

export function isPlatformStaff({ scopes }: Caller): boolean {
  return scopes.includes('platform:operate') || scopes.includes('platform:read');
}

/** Which other tenants a caller may work on: an agency on its brands, the platform's staff on all. What is out of reach does not exist. */
@Injectable()
export class TenantReach {
  constructor(private readonly db: HotPool) {}

  async tenantOf(caller: Caller, wanted: string | undefined): Promise<{ tenantId: string } | NamedRefusal> {
    if (wanted === undefined || wanted === caller.tenantId) return { tenantId: caller.tenantId };
    if (caller.project || caller.setupLinkId) return NOT_FOUND; // a key of one project stays there, and so does a set-up in its tenant
    const [tenant] = await this.db.transaction('reach tenant', [wanted], (tx) =>
      tx.query<{ parent_tenant_id: string | null }>('SELECT parent_tenant_id FROM tenants WHERE id = $1', [wanted]),
    );
    const isReached = tenant && (tenant.parent_tenant_id === caller.tenantId || isPlatformStaff(caller));
    return isReached ? { tenantId: wanted } : NOT_FOUND;
  }

  /** A tenant that the caller reaches and, unless it is bound to one project, the brands of that tenant. */
  async withBrands({ project }: Caller, tenantId: string): Promise<string[]> {
    return project ? [tenantId] : withBrands(this.db, tenantId);
  }
}

/** The tenants that a transaction names which changes a tenant and what its people have in its brands. */
export async function withBrands(db: HotPool, tenantId: string): Promise<string[]> {
  const brands = await db.query<{ id: string }>('SELECT id FROM brands_of($1)', [tenantId]);
  return [tenantId, ...brands.map(({ id }) => id)];
}
