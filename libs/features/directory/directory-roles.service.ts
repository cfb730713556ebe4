import { Injectable } from '@nestjs/common';
import type { SetGroupRoles } from '#contracts/native/directory';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { DirectoryRole } from '#core/directory/plan-memberships';
import { type Actor, actorOf, recordAudit } from '#features/audit/audit.service';
import { changing, DirectoryRefused, orRefusal } from '#features/directory/directory-work';
import { followDirectory, USUAL_ROLE } from '#features/directory/follow-directory';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface DirectoryState {
  defaultRole: DirectoryRole | null;
  activePeople: number;
  inactivePeople: number;
  groups: number;
}

export interface GroupRolesRow {
  id: string;
  name: string;
  people: number;
  roles: { tenantId: string; role: DirectoryRole }[];
}

const SELECT_GROUPS = `
  SELECT g.id, g.display_name AS name,
         (SELECT count(*)::int FROM directory_group_members m WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id) AS people,
         coalesce((SELECT jsonb_agg(jsonb_build_object('tenantId', r.target_tenant_id, 'role', r.role) ORDER BY r.target_tenant_id)
                     FROM directory_mappings r WHERE r.tenant_id = g.tenant_id AND r.group_id = g.id), '[]') AS roles
    FROM directory_groups g WHERE g.tenant_id = $1`;

/** Which roles groups of the directory have, in its tenant and in the brands. Changes reach the people at once. */
@Injectable()
export class DirectoryRoles {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async state(caller: Caller, tenant: string | undefined): Promise<DirectoryState | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('directory', [reached.tenantId], (tx) => stateOf(tx, reached.tenantId));
  }

  /** @param role of people in no group with a role here; null for none */
  async setDefaultRole(caller: Caller, tenant: string | undefined, role: DirectoryRole | null): Promise<DirectoryState | NamedRefusal> {
    return this.changing(caller, tenant, async (tx, tenantId, actor) => {
      await tx.query(
        'INSERT INTO directory_settings (tenant_id, default_role) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE SET default_role = $2',
        [tenantId, role],
      );
      await recordAudit(tx, [{ tenantId, actor, action: 'directory.default_role_set', targetId: tenantId, data: { role } }]);
      const people = await tx.query<{ id: string }>('SELECT id FROM directory_users WHERE tenant_id = $1 AND active', [tenantId]);
      await followDirectory(
        tx,
        actor,
        tenantId,
        people.map(({ id }) => id),
      );
      return stateOf(tx, tenantId);
    });
  }

  async groups(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<GroupRolesRow[] | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, page.tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('directory groups', [reached.tenantId], (tx) =>
      tx.query<GroupRolesRow>(`${SELECT_GROUPS} AND ($2::uuid IS NULL OR g.id > $2) ORDER BY g.id LIMIT $3`, [
        reached.tenantId,
        page.after ?? null,
        page.limit,
      ]),
    );
  }

  /** Replaces what a group's people may do, everywhere. */
  async setRoles(caller: Caller, tenant: string | undefined, id: string, { roles }: SetGroupRoles): Promise<GroupRolesRow | NamedRefusal> {
    return this.changing(caller, tenant, async (tx, tenantId, actor) => {
      const [group] = await tx.query(`${SELECT_GROUPS} AND g.id = $2`, [tenantId, id]);
      if (!group) throw new DirectoryRefused('not_found', 'Not found');
      await expectReached(tx, tenantId, roles);
      await tx.query('DELETE FROM directory_mappings WHERE tenant_id = $1 AND group_id = $2', [tenantId, id]);
      await tx.query(
        `INSERT INTO directory_mappings (tenant_id, group_id, target_tenant_id, role)
         SELECT $1, $2, r.* FROM unnest($3::uuid[], $4::text[]) AS r (target_tenant_id, role)`,
        [tenantId, id, roles.map((one) => one.tenantId), roles.map(({ role }) => role)],
      );
      await recordAudit(tx, [{ tenantId, actor, action: 'directory.group_roles_set', targetId: id, data: { roles } }]);
      const people = await tx.query<{ user_id: string }>(
        'SELECT user_id FROM directory_group_members WHERE tenant_id = $1 AND group_id = $2',
        [tenantId, id],
      );
      await followDirectory(
        tx,
        actor,
        tenantId,
        people.map((one) => one.user_id),
      );
      const [row] = await tx.query<GroupRolesRow>(`${SELECT_GROUPS} AND g.id = $2`, [tenantId, id]);
      return row as GroupRolesRow;
    });
  }

  private async changing<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string, actor: Actor) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return orRefusal(changing(this.db, reached.tenantId, (tx) => work(tx, reached.tenantId, actorOf(caller))));
  }
}

async function stateOf(tx: Tx, tenantId: string): Promise<DirectoryState> {
  const [row] = await tx.query<Omit<DirectoryState, 'defaultRole'> & { has_settings: boolean; default_role: DirectoryRole | null }>(
    `SELECT count(*) FILTER (WHERE u.active)::int AS "activePeople", count(*) FILTER (WHERE NOT u.active)::int AS "inactivePeople",
            (SELECT count(*)::int FROM directory_groups WHERE tenant_id = $1) AS groups,
            EXISTS (SELECT 1 FROM directory_settings WHERE tenant_id = $1) AS has_settings,
            (SELECT default_role FROM directory_settings WHERE tenant_id = $1) AS default_role
       FROM directory_users u WHERE u.tenant_id = $1`,
    [tenantId],
  );
  if (!row) throw new Error('an aggregate has one row');
  const { has_settings, default_role, ...counts } = row;
  return { defaultRole: has_settings ? default_role : USUAL_ROLE, ...counts };
}

async function expectReached(tx: Tx, tenantId: string, roles: readonly { tenantId: string }[]): Promise<void> {
  const wanted = roles.map((one) => one.tenantId);
  const reached = await tx.query('SELECT 1 FROM tenants WHERE id = ANY ($2) AND (id = $1 OR parent_tenant_id = $1)', [tenantId, wanted]);
  if (reached.length < new Set(wanted).size) throw new DirectoryRefused('not_found', 'A role names a brand that there is not');
}
