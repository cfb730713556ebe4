import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { GROUP } from '#core/directory/attributes';
import { isObject, type JsonObject, listOf } from '#core/directory/json';
import { MAX_DIRECTORY_GROUPS, MAX_GROUP_MEMBERSHIPS } from '#core/directory/limits';
import { patched } from '#core/directory/patch';
import { readResource } from '#core/directory/read-resource';
import { ScimRefusal } from '#core/directory/scim-refusal';
import { isShown, type Wanted } from '#core/directory/shown-attributes';
import { recordAudit } from '#features/audit/audit.service';
import { actorOf, expectVersion, metaOf, noResource, type Versioned } from '#features/directory/directory-resources';
import { changing, type DirectoryCaller, DirectoryRefused, type DirectoryResources } from '#features/directory/directory-work';
import { followDirectory } from '#features/directory/follow-directory';
import { type ListWish, listPage, type ResourcePage } from '#features/directory/list-page';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

interface GroupRow extends Versioned {
  display_name: string;
  external_id: string | null;
  members: string[];
}

const MEMBERS =
  'array(SELECT m.user_id FROM directory_group_members m WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id ORDER BY m.user_id)';

/** What the table can look up by. */
const COLUMNS = {
  id: (parameter: string) => `g.id::text = lower(${parameter})`,
  displayName: (parameter: string) => `lower(g.display_name) = lower(${parameter})`,
  externalId: (parameter: string) => `g.external_id = ${parameter}`,
  'members.value': (parameter: string) =>
    `EXISTS (SELECT 1 FROM directory_group_members m WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id AND m.user_id::text = lower(${parameter}))`,
};

/** Groups of a tenant's directory, as resources of SCIM. Who is in one has its roles. */
@Injectable()
export class DirectoryGroupsService implements DirectoryResources {
  constructor(private readonly db: HotPool) {}

  async create(caller: DirectoryCaller, body: unknown): Promise<JsonObject> {
    const { tenantId } = caller;
    const resource = readResource(GROUP, body);
    return changing(this.db, tenantId, async (tx) => {
      const id = uuidv7();
      if ((await countGroups(tx, tenantId)) >= MAX_DIRECTORY_GROUPS)
        throw new DirectoryRefused('limit_reached', `A directory keeps at most ${MAX_DIRECTORY_GROUPS} groups`);
      await expectUnique(tx, tenantId, id, resource);
      await tx.query('INSERT INTO directory_groups (tenant_id, id, display_name, external_id) VALUES ($1, $2, $3, $4)', [
        tenantId,
        id,
        resource.displayName,
        resource.externalId ?? null,
      ]);
      await this.setMembers(tx, caller, id, 'directory.group_added', { before: [], resource });
      return resourceOf(caller, await groupRow(tx, tenantId, id));
    });
  }

  async get(caller: DirectoryCaller, id: string, wanted: Wanted): Promise<JsonObject> {
    const [row] = await this.rows(caller.tenantId, isShown('members', wanted), 'g.id = $2', [id]);
    if (!row) throw noResource('Group', id);
    return resourceOf(caller, row);
  }

  async list(caller: DirectoryCaller, wish: ListWish): Promise<ResourcePage> {
    const { tenantId } = caller;
    const hasMembers = isShown('members', wish) || /members/i.test(wish.filter ?? '');
    return listPage(wish, {
      schema: GROUP,
      columns: COLUMNS,
      find: async (...wanted) => (await this.rows(tenantId, hasMembers, ...wanted)).map((row) => resourceOf(caller, row)),
      count: () => this.db.transaction('count groups', [tenantId], (tx) => countGroups(tx, tenantId)),
    });
  }

  async replace(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject> {
    const wanted = readResource(GROUP, body);
    return this.change(caller, id, ifMatch, () => wanted);
  }

  async patch(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject> {
    return this.change(caller, id, ifMatch, (resource) => patched(GROUP, resource, body));
  }

  async delete(caller: DirectoryCaller, id: string, ifMatch?: string): Promise<void> {
    const { tenantId } = caller;
    await changing(this.db, tenantId, async (tx) => {
      const { members, display_name: displayName, ...row } = await groupRow(tx, tenantId, id);
      expectVersion(row, ifMatch);
      await tx.query('DELETE FROM directory_groups WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      const actor = actorOf(caller);
      await recordAudit(tx, [{ tenantId, actor, action: 'directory.group_deleted', targetId: id, data: { displayName } }]);
      await followDirectory(tx, actor, tenantId, members);
    });
  }

  private async change(
    caller: DirectoryCaller,
    id: string,
    ifMatch: string | undefined,
    rule: (resource: JsonObject) => JsonObject,
  ): Promise<JsonObject> {
    const { tenantId } = caller;
    return changing(this.db, tenantId, async (tx) => {
      const row = await groupRow(tx, tenantId, id);
      expectVersion(row, ifMatch);
      const resource = rule(keptOf(row));
      await expectUnique(tx, tenantId, id, resource);
      await tx.query(
        `UPDATE directory_groups SET display_name = $3, external_id = $4, version = version + 1, changed_at = now()
          WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, resource.displayName, resource.externalId ?? null],
      );
      await this.setMembers(tx, caller, id, 'directory.group_changed', { before: row.members, resource });
      return resourceOf(caller, await groupRow(tx, tenantId, id));
    });
  }

  private async setMembers(
    tx: Tx,
    caller: DirectoryCaller,
    id: string,
    action: string,
    { before, resource }: { before: readonly string[]; resource: JsonObject },
  ): Promise<void> {
    const { tenantId } = caller;
    const named = memberIdsOf(resource);
    const after = new Set(await knownAmong(tx, tenantId, named));
    const added = [...after].filter((one) => !before.includes(one));
    const removed = before.filter((one) => !after.has(one));
    await expectRoom(tx, tenantId, added.length);
    await tx.query('DELETE FROM directory_group_members WHERE tenant_id = $1 AND group_id = $2 AND user_id = ANY ($3)', [
      tenantId,
      id,
      removed,
    ]);
    await tx.query('INSERT INTO directory_group_members (tenant_id, group_id, user_id) SELECT $1, $2, unnest($3::uuid[])', [
      tenantId,
      id,
      added,
    ]);
    const actor = actorOf(caller);
    const data = { displayName: resource.displayName, added: added.length, removed: removed.length, unknown: named.length - after.size };
    await recordAudit(tx, [{ tenantId, actor, action, targetId: id, data }]);
    await followDirectory(tx, actor, tenantId, [...added, ...removed]);
  }

  private rows(
    tenantId: string,
    hasMembers: boolean,
    where: string,
    values: unknown[],
    page = { offset: 0, limit: MAX_DIRECTORY_GROUPS },
  ): Promise<GroupRow[]> {
    return this.db.transaction('groups', [tenantId], (tx) =>
      tx.query<GroupRow>(`${selecting(hasMembers)} AND ${where} ORDER BY g.id OFFSET ${page.offset} LIMIT ${page.limit}`, [
        tenantId,
        ...values,
      ]),
    );
  }
}

function selecting(hasMembers: boolean): string {
  return `SELECT g.id, g.display_name, g.external_id, g.version, g.created_at, g.changed_at, ${hasMembers ? MEMBERS : `'{}'::uuid[]`} AS members
            FROM directory_groups g WHERE g.tenant_id = $1`;
}

async function groupRow(tx: Tx, tenantId: string, id: string): Promise<GroupRow> {
  const [row] = await tx.query<GroupRow>(`${selecting(true)} AND g.id = $2`, [tenantId, id]);
  if (!row) throw noResource('Group', id);
  return row;
}

async function countGroups(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM directory_groups WHERE tenant_id = $1', [tenantId]);
  return row?.count ?? 0;
}

async function expectUnique(tx: Tx, tenantId: string, id: string, { displayName, externalId }: JsonObject): Promise<void> {
  const [taken] = await tx.query<{ name: boolean }>(
    `SELECT lower(display_name) = lower($3) AS name FROM directory_groups
      WHERE tenant_id = $1 AND id <> $2 AND (lower(display_name) = lower($3) OR external_id = $4) LIMIT 1`,
    [tenantId, id, displayName, externalId ?? null],
  );
  if (taken) throw new ScimRefusal('uniqueness', `Another group has this ${taken.name ? 'displayName' : 'externalId'}`);
}

/** Identity providers name people whom they have not sent yet, or never will: those are left out, and come when they are named again. */
async function knownAmong(tx: Tx, tenantId: string, named: readonly string[]): Promise<string[]> {
  const known = await tx.query<{ id: string }>('SELECT id FROM directory_users WHERE tenant_id = $1 AND id::text = ANY ($2)', [
    tenantId,
    named,
  ]);
  return known.map(({ id }) => id);
}

async function expectRoom(tx: Tx, tenantId: string, added: number): Promise<void> {
  const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM directory_group_members WHERE tenant_id = $1',
    [tenantId],
  );
  if (count + added > MAX_GROUP_MEMBERSHIPS) {
    throw new DirectoryRefused(
      'limit_reached',
      `A directory keeps at most ${MAX_GROUP_MEMBERSHIPS} memberships in all its groups together`,
    );
  }
}

/** @throws ScimRefusal for a group within a group, which has no meaning here */
function memberIdsOf(resource: JsonObject): string[] {
  return listOf(resource.members)
    .filter(isObject)
    .map(({ value, type }) => {
      if (typeof type === 'string' && type.toLowerCase() === 'group') {
        throw new ScimRefusal('invalidValue', 'Groups have people as members, not groups: assign the people of the inner group');
      }
      return String(value).toLowerCase();
    });
}

/** A group as it is changed. */
function keptOf({ display_name: displayName, external_id: externalId, members }: GroupRow): JsonObject {
  return {
    displayName,
    ...(externalId !== null && { externalId }),
    ...(members.length > 0 && { members: members.map((value) => ({ value })) }),
  };
}

function resourceOf({ baseUrl }: DirectoryCaller, row: GroupRow): JsonObject {
  const members = row.members.map((value) => ({ value, $ref: `${baseUrl}/Users/${value}`, type: 'User' }));
  const kept = { ...keptOf(row), ...(members.length > 0 && { members }) };
  return { schemas: [GROUP.id], id: row.id, ...kept, meta: metaOf('Group', baseUrl, row) };
}
