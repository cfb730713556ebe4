import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { Scope } from '#core/access/scopes';
import { type Goal, type ReacherKind, type Way, waysBy } from '#core/access/ways';
import { findGroups } from '#features/access/find-groups';
import { findKeys } from '#features/access/find-keys';
import { findPeople } from '#features/access/find-people';
import type { Found, Search } from '#features/access/found';
import { isPlatformStaff, NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface AccessWish extends Pick<Search, 'limit' | 'after' | 'maxStandings'> {
  tenant?: string;
  project?: string;
  kind: ReacherKind;
  search?: string;
}

/** Somebody, and how they reach what was asked about. */
export interface ReacherRow extends Pick<Found, 'id' | 'name' | 'detail'> {
  ways: (Way & { tenantName: string; projectName: string | null })[];
  moreWays: number;
}

const FIND = { person: findPeople, api_key: findKeys, group: findGroups };
const SCOPE_OF: Record<ReacherKind, Scope> = { person: 'members:read', api_key: 'keys:read', group: 'tenants:read' };

/** Where the question is asked, and which tenants its answer may name. */
interface Ground extends Goal {
  hasAgency: boolean;
  names: ReadonlyMap<string, string>;
}

/** Who can reach a tenant, its brands or one of its projects, and why. */
@Injectable()
export class AccessService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async list(caller: Caller, wish: AccessWish): Promise<{ access: ReacherRow[]; hasAgency: boolean } | NamedRefusal> {
    if (!caller.scopes.includes(SCOPE_OF[wish.kind])) {
      return { refused: 'not_allowed', detail: `Asking for this kind needs the scope ${SCOPE_OF[wish.kind]}` };
    }
    if (caller.project && wish.project !== undefined && wish.project !== caller.project.id) return NOT_FOUND;
    const reached = await this.reach.tenantOf(caller, wish.tenant);
    if ('refused' in reached) return reached;
    const ground = await this.groundOf(caller, reached.tenantId, wish.project ?? caller.project?.id ?? null);
    if ('refused' in ground) return ground;
    const tenantIds = [...ground.names.keys()];
    const found = await this.db.transaction('access', tenantIds, (tx) =>
      FIND[wish.kind](tx, {
        tenantIds,
        goal: ground,
        limit: wish.limit,
        after: wish.after,
        pattern: wish.search === undefined ? null : `%${wish.search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`,
        maxStandings: wish.maxStandings,
      }),
    );
    return { access: found.map((one) => reacher(one, ground)), hasAgency: ground.hasAgency };
  }

  /** An agency's people are named to the agency alone, and to the platform's staff. */
  private async groundOf(caller: Caller, tenantId: string, projectId: string | null): Promise<Ground | NamedRefusal> {
    const tenant = await this.db.transaction('ground of access', [tenantId], (tx) => tenantWith(tx, tenantId, projectId));
    if (!tenant) return NOT_FOUND;
    const { name, agencyId } = tenant;
    const seesAgency = agencyId !== null && (isPlatformStaff(caller) || [caller.tenantId, caller.person?.tenantId].includes(agencyId));
    const brands =
      agencyId || projectId ? [] : await this.db.query<{ id: string; name: string }>('SELECT id, name FROM brands_of($1)', [tenantId]);
    const names = new Map([[tenantId, name], ...brands.map((brand) => [brand.id, brand.name] as const)]);
    // Of an agency's own standing only the brand is told.
    if (agencyId && seesAgency) names.set(agencyId, name);
    return {
      tenantId,
      agencyId: seesAgency ? agencyId : null,
      projectId,
      hasBrands: brands.length > 0,
      hasAgency: agencyId !== null && !seesAgency,
      names,
    };
  }
}

async function tenantWith(tx: Tx, tenantId: string, projectId: string | null) {
  const [tenant] = await tx.query<{ name: string; agencyId: string | null }>(
    `SELECT name, parent_tenant_id AS "agencyId" FROM tenants
      WHERE id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT 1 FROM projects WHERE tenant_id = $1 AND id = $2))`,
    [tenantId, projectId],
  );
  return tenant;
}

function reacher({ id, name, detail, standings, count }: Found, ground: Ground): ReacherRow {
  const ways = standings.flatMap(({ projectName, ...standing }) =>
    waysBy(standing, ground).map((way) => ({ ...way, tenantName: ground.names.get(way.tenantId) ?? '', projectName })),
  );
  return { id, name, detail, ways, moreWays: count - standings.length };
}
