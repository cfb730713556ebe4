import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { actorOf } from '#features/audit/audit.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { changeTenantSettings, readTenantSettings, type SettingsChange, type TenantSettings } from '#features/tenants/tenant-settings';
import { HotPool } from '#platform/database/hot-pool';

/** What a tenant sets for its projects, and an agency for its brands. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async get(caller: Caller, tenant: string): Promise<TenantSettings | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('settings', [tenant], (tx) => readTenantSettings(tx, tenant));
  }

  async change(caller: Caller, tenant: string, change: SettingsChange): Promise<TenantSettings | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    for (;;) {
      const brands = await this.db.query<{ id: string }>('SELECT id FROM brands_of($1)', [tenant]);
      const brandIds = brands.map(({ id }) => id);
      const changed = await this.db.transaction('change settings', [tenant, ...brandIds], async (tx) => {
        await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenant]); // no brand is made from here on
        const [now] = await tx.query<{ brands: number }>('SELECT count(*)::int AS brands FROM brands_of($1)', [tenant]);
        return now?.brands === brandIds.length ? changeTenantSettings(tx, actorOf(caller), tenant, brandIds, change) : undefined;
      });
      if (changed) return changed;
    }
  }
}
