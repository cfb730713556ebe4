import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { MAX_BRANDS } from '#features/tenants/limits';
import { provisionTenant } from '#features/tenants/provisioning';
import { SettingsService } from '#features/tenants/settings.service';
import { isPlatformStaff, NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { inheritFromAgency } from '#features/tenants/tenant-settings';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface TenantRow {
  id: string;
  name: string;
  parent_tenant_id: string | null;
  credits_low_micro: string | null;
  service_tier: ServiceTier;
  created_at: Date;
}

const COLUMNS = 'id, name, parent_tenant_id, credits_low_micro, service_tier, created_at';

/** Agencies and their brands: one level. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly settings: SettingsService,
  ) {}

  async create(caller: Caller, wanted: { name: string; parentTenantId?: string }): Promise<TenantRow | NamedRefusal> {
    const isOperator = caller.scopes.includes('platform:operate');
    const parentId = wanted.parentTenantId ?? (isOperator ? null : caller.tenantId);
    if (parentId !== null) {
      const parent = await this.reach.tenantOf(caller, parentId);
      if ('refused' in parent) return parent;
    }
    const id = uuidv7();
    return this.db.transaction('create tenant', [id, ...(parentId ? [parentId] : [])], async (tx) => {
      const refusal = parentId ? await refusedAsParent(tx, parentId) : undefined;
      if (refusal) return refusal;
      await provisionTenant(tx, {
        id,
        name: wanted.name,
        parentTenantId: parentId,
        reservedAccountId: uuidv7(),
        spentAccountId: uuidv7(),
      });
      if (parentId) await inheritFromAgency(tx, parentId, id);
      const made = {
        actor: actorOf(caller),
        action: 'tenant.created',
        targetId: id,
        data: { name: wanted.name, parentTenantId: parentId },
      };
      await recordAudit(tx, [{ tenantId: id, ...made }, ...(parentId ? [{ tenantId: parentId, ...made }] : [])]);
      return tenantRow(tx, id);
    });
  }

  /** One's own and its brands, or all for the platform's staff. */
  async list(caller: Caller, { limit, after }: { limit: number; after?: string }): Promise<TenantRow[]> {
    if (isPlatformStaff(caller)) {
      return this.db.query<TenantRow>(`SELECT ${COLUMNS} FROM tenants_after($1, $2)`, [after ?? null, limit]);
    }
    return this.db.transaction('list tenants', [caller.tenantId], (tx) =>
      tx.query<TenantRow>(
        `SELECT ${COLUMNS} FROM (
           SELECT ${COLUMNS} FROM tenants WHERE id = $1
           UNION ALL
           SELECT ${COLUMNS} FROM brands_of($1)
         ) AS reached WHERE $2::uuid IS NULL OR id > $2 ORDER BY id LIMIT $3`,
        [caller.tenantId, after ?? null, limit],
      ),
    );
  }

  async get(caller: Caller, wanted: string): Promise<TenantRow | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, wanted);
    if ('refused' in reached) return reached;
    return this.db.transaction('get tenant', [wanted], (tx) => tenantRow(tx, wanted));
  }

  async update(
    caller: Caller,
    wanted: string,
    { serviceTier, ...change }: { name?: string; creditsLowMicro?: bigint | null; serviceTier?: ServiceTier },
  ): Promise<TenantRow | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, wanted);
    if ('refused' in reached) return reached;
    if (serviceTier) await this.settings.change(caller, wanted, { set: { serviceTier }, inherit: [] }); // its brands take it over
    return this.db.transaction('update tenant', [wanted], async (tx) => {
      await tx.query(
        'UPDATE tenants SET name = coalesce($2, name), credits_low_micro = CASE WHEN $3 THEN $4 ELSE credits_low_micro END WHERE id = $1',
        [wanted, change.name ?? null, change.creditsLowMicro !== undefined, change.creditsLowMicro ?? null],
      );
      const data = { ...change, ...(change.creditsLowMicro && { creditsLowMicro: change.creditsLowMicro.toString() }) };
      await recordAudit(tx, [{ tenantId: wanted, actor: actorOf(caller), action: 'tenant.changed', targetId: wanted, data }]);
      return tenantRow(tx, wanted);
    });
  }
}

async function refusedAsParent(tx: Tx, parentId: string): Promise<NamedRefusal | undefined> {
  const [parent] = await tx.query<{ parent_tenant_id: string | null; brands: number }>(
    'SELECT parent_tenant_id, (SELECT count(*)::int FROM brands_of($1)) AS brands FROM tenants WHERE id = $1 FOR UPDATE',
    [parentId],
  );
  if (!parent) return NOT_FOUND;
  if (parent.parent_tenant_id) return { refused: 'not_allowed', detail: 'A brand has no brands of its own: there is one level' };
  if (parent.brands >= MAX_BRANDS) return { refused: 'limit_reached', detail: `An agency has at most ${MAX_BRANDS} brands` };
  return undefined;
}

async function tenantRow(tx: Tx, id: string): Promise<TenantRow> {
  const [row] = await tx.query<TenantRow>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1`, [id]);
  if (!row) throw new Error(`tenant ${id} is gone`);
  return row;
}
