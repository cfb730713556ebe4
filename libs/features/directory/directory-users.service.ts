import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { USER } from '#core/directory/attributes';
import type { JsonObject } from '#core/directory/json';
import { MAX_DIRECTORY_USERS } from '#core/directory/limits';
import { patched } from '#core/directory/patch';
import { personOf } from '#core/directory/person';
import { readResource } from '#core/directory/read-resource';
import { ScimRefusal } from '#core/directory/scim-refusal';
import { recordAudit } from '#features/audit/audit.service';
import { actorOf, expectVersion, metaOf, noResource, type Versioned } from '#features/directory/directory-resources';
import { changing, type DirectoryCaller, DirectoryRefused, type DirectoryResources } from '#features/directory/directory-work';
import { followDirectory } from '#features/directory/follow-directory';
import { type ListWish, listPage, type ResourcePage } from '#features/directory/list-page';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

interface UserRow extends Versioned {
  id: string;
  resource: JsonObject;
  groups: { id: string; name: string }[];
}

const SELECT_USERS = `
  SELECT u.id, u.resource, u.version, u.created_at, u.changed_at,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', g.id, 'name', g.display_name) ORDER BY g.id)
                     FROM directory_group_members m JOIN directory_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
                    WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id), '[]') AS groups
    FROM directory_users u WHERE u.tenant_id = $1`;

/** What the table can look up by. */
const COLUMNS = {
  id: (parameter: string) => `u.id::text = lower(${parameter})`,
  userName: (parameter: string) => `u.user_name = lower(${parameter})`,
  externalId: (parameter: string) => `u.external_id = ${parameter}`,
};

/** People of a tenant's directory, as resources of SCIM. */
@Injectable()
export class DirectoryUsersService implements DirectoryResources {
  constructor(private readonly db: HotPool) {}

  async create(caller: DirectoryCaller, body: unknown): Promise<JsonObject> {
    const resource = { active: true, ...readResource(USER, body) };
    return changing(this.db, caller.tenantId, async (tx) => {
      const id = uuidv7();
      if ((await countPeople(tx, caller.tenantId)) >= MAX_DIRECTORY_USERS)
        throw new DirectoryRefused('limit_reached', `A directory keeps at most ${MAX_DIRECTORY_USERS} people`);
      await expectUnique(tx, caller.tenantId, id, resource);
      await tx.query('INSERT INTO directory_users (tenant_id, id, resource, email) VALUES ($1, $2, $3, $4)', [
        caller.tenantId,
        id,
        JSON.stringify(resource),
        personOf(resource).email,
      ]);
      return this.changed(tx, caller, id, 'directory.person_added', resource);
    });
  }

  async get(caller: DirectoryCaller, id: string): Promise<JsonObject> {
    const [row] = await this.rows(caller.tenantId, 'u.id = $2', [id]);
    if (!row) throw noResource('User', id);
    return resourceOf(caller, row);
  }

  async list(caller: DirectoryCaller, wish: ListWish): Promise<ResourcePage> {
    const { tenantId } = caller;
    return listPage(wish, {
      schema: USER,
      columns: COLUMNS,
      find: async (...wanted) => (await this.rows(tenantId, ...wanted)).map((row) => resourceOf(caller, row)),
      count: () => this.db.transaction('count people', [tenantId], (tx) => countPeople(tx, tenantId)),
    });
  }

  async replace(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject> {
    const wanted = readResource(USER, body);
    // Who is out stays out until somebody says that they are in.
    return this.change(caller, id, ifMatch, ({ active }) => ({ ...(active !== undefined && { active }), ...wanted }));
  }

  async patch(caller: DirectoryCaller, id: string, body: unknown, ifMatch?: string): Promise<JsonObject> {
    return this.change(caller, id, ifMatch, (resource) => patched(USER, resource, body));
  }

  async delete(caller: DirectoryCaller, id: string, ifMatch?: string): Promise<void> {
    await changing(this.db, caller.tenantId, async (tx) => {
      const row = await userRow(tx, caller.tenantId, id, ifMatch);
      const actor = actorOf(caller);
      await followDirectory(tx, actor, caller.tenantId, [id], new Set([id]));
      await tx.query('DELETE FROM directory_users WHERE tenant_id = $1 AND id = $2', [caller.tenantId, id]);
      const data = toldOf(row.resource);
      await recordAudit(tx, [{ tenantId: caller.tenantId, actor, action: 'directory.person_deleted', targetId: id, data }]);
    });
  }

  private async change(
    caller: DirectoryCaller,
    id: string,
    ifMatch: string | undefined,
    rule: (resource: JsonObject) => JsonObject,
  ): Promise<JsonObject> {
    return changing(this.db, caller.tenantId, async (tx) => {
      const row = await userRow(tx, caller.tenantId, id, ifMatch);
      const resource = rule(row.resource);
      await expectUnique(tx, caller.tenantId, id, resource);
      await tx.query(
        'UPDATE directory_users SET resource = $3, email = $4, version = version + 1, changed_at = now() WHERE tenant_id = $1 AND id = $2',
        [caller.tenantId, id, JSON.stringify(resource), personOf(resource).email],
      );
      return this.changed(tx, caller, id, 'directory.person_changed', resource);
    });
  }

  private async changed(tx: Tx, caller: DirectoryCaller, id: string, action: string, resource: JsonObject): Promise<JsonObject> {
    const actor = actorOf(caller);
    await recordAudit(tx, [{ tenantId: caller.tenantId, actor, action, targetId: id, data: toldOf(resource) }]);
    await followDirectory(tx, actor, caller.tenantId, [id]);
    return resourceOf(caller, await userRow(tx, caller.tenantId, id));
  }

  private rows(tenantId: string, where: string, values: unknown[], page = { offset: 0, limit: MAX_DIRECTORY_USERS }): Promise<UserRow[]> {
    return this.db.transaction('people', [tenantId], (tx) =>
      tx.query<UserRow>(`${SELECT_USERS} AND ${where} ORDER BY u.id OFFSET ${page.offset} LIMIT ${page.limit}`, [tenantId, ...values]),
    );
  }
}

async function userRow(tx: Tx, tenantId: string, id: string, ifMatch?: string): Promise<UserRow> {
  const [row] = await tx.query<UserRow>(`${SELECT_USERS} AND u.id = $2`, [tenantId, id]);
  if (!row) throw noResource('User', id);
  expectVersion(row, ifMatch);
  return row;
}

async function countPeople(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM directory_users WHERE tenant_id = $1', [tenantId]);
  return row?.count ?? 0;
}

/** Under the lock of the tenant: nobody writes in between. */
async function expectUnique(tx: Tx, tenantId: string, id: string, resource: JsonObject): Promise<void> {
  const { email, isActive } = personOf(resource);
  const [taken] = await tx.query<{ user_name: boolean; external_id: boolean }>(
    `SELECT user_name = lower($3) AS user_name, external_id = $4 AS external_id FROM directory_users
      WHERE tenant_id = $1 AND id <> $2 AND (user_name = lower($3) OR external_id = $4 OR ($6 AND active AND email = $5)) LIMIT 1`,
    [tenantId, id, resource.userName, resource.externalId ?? null, email, isActive],
  );
  if (!taken) return;
  const what = taken.user_name ? 'userName' : taken.external_id ? 'externalId' : 'e-mail address';
  throw new ScimRefusal('uniqueness', `Another person has this ${what}`);
}

/** What the audit log says of a person. */
function toldOf(resource: JsonObject) {
  return { userName: resource.userName, active: resource.active === true };
}

function resourceOf({ baseUrl }: DirectoryCaller, row: UserRow): JsonObject {
  const groups = row.groups.map(({ id, name }) => ({ value: id, $ref: `${baseUrl}/Groups/${id}`, display: name, type: 'direct' }));
  return { schemas: [USER.id], id: row.id, ...row.resource, ...(groups.length > 0 && { groups }), meta: metaOf('User', baseUrl, row) };
}
