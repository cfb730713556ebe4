import { MAX_MEMBERS } from '#core/access/member-limits';
import type { Json, JsonObject } from '#core/directory/json';
import { personOf } from '#core/directory/person';
import {
  type DirectoryFacts,
  type DirectoryPerson,
  type DirectoryRole,
  type GivenMembership,
  type Mapping,
  type MembershipChange,
  planMemberships,
  type StandingMember,
} from '#core/directory/plan-memberships';
import type { Actor } from '#features/audit/audit.service';
import { DirectoryRefused } from '#features/directory/directory-work';
import { saveMemberships } from '#features/directory/save-memberships';
import type { Tx } from '#platform/database/tx';

/** Role of people in no group that has one, until the tenant says otherwise. */
export const USUAL_ROLE: DirectoryRole = 'viewer';

interface PersonRow {
  id: string;
  resource: JsonObject;
  groups: string[];
}

/**
 * Makes memberships what the directory says of these people, in its tenant and the brands. @param leaving who is about to be deleted
 * @throws DirectoryRefused for the last owner, and for more members than a tenant may have
 */
export async function followDirectory(
  tx: Tx,
  actor: Actor,
  tenantId: string,
  userIds: readonly string[],
  leaving: ReadonlySet<string> = new Set(),
): Promise<void> {
  if (userIds.length === 0) return;
  const facts = await loadFacts(tx, tenantId, userIds, leaving);
  const planned = planMemberships(facts);
  if ('refused' in planned) {
    const { email } = facts.people.find(({ userId }) => userId === planned.userId) ?? {};
    throw new DirectoryRefused('last_owner', `${email} is the last owner here and cannot be locked out: make somebody else an owner first`);
  }
  await expectRoom(tx, planned);
  await saveMemberships(tx, actor, tenantId, planned);
}

async function loadFacts(tx: Tx, tenantId: string, userIds: readonly string[], leaving: ReadonlySet<string>): Promise<DirectoryFacts> {
  const [settings] = await tx.query<{ default_role: DirectoryRole | null }>(
    'SELECT default_role FROM directory_settings WHERE tenant_id = $1',
    [tenantId],
  );
  const rows = await tx.query<PersonRow>(
    `SELECT u.id, u.resource, array(SELECT m.group_id FROM directory_group_members m WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id) AS groups
       FROM directory_users u WHERE u.tenant_id = $1 AND u.id = ANY ($2) ORDER BY u.id`,
    [tenantId, userIds],
  );
  const people = rows.map((row) => asPerson(row, leaving));
  const mappings = await tx.query<Mapping>(
    'SELECT group_id AS "groupId", target_tenant_id AS "tenantId", role FROM directory_mappings WHERE tenant_id = $1',
    [tenantId],
  );
  const given = await tx.query<GivenMembership>(
    `SELECT user_id AS "userId", target_tenant_id AS "tenantId", member_id AS "memberId" FROM directory_memberships
      WHERE tenant_id = $1 AND user_id = ANY ($2)`,
    [tenantId, userIds],
  );
  const targets = [...new Set([tenantId, ...mappings.map((one) => one.tenantId), ...given.map((one) => one.tenantId)])].sort();
  // Two removals at once must not each leave the other as the last owner.
  await tx.query('SELECT 1 FROM tenants WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [targets]);
  const members = await tx.query<StandingMember>(
    `SELECT tenant_id AS "tenantId", id AS "memberId", email, role FROM members
      WHERE tenant_id = ANY ($1) AND removed_at IS NULL AND (email = ANY ($2) OR id = ANY ($3))`,
    [targets, people.map(({ email }) => email), given.map(({ memberId }) => memberId)],
  );
  const owners = await tx.query<{ tenant_id: string; owners: number }>(
    `SELECT tenant_id, count(*)::int AS owners FROM members
      WHERE tenant_id = ANY ($1) AND removed_at IS NULL AND role = 'owner' GROUP BY tenant_id`,
    [targets],
  );
  return {
    tenantId,
    defaultRole: settings ? settings.default_role : USUAL_ROLE,
    people,
    mappings,
    given,
    members,
    owners: new Map(owners.map((row) => [row.tenant_id, row.owners])),
  };
}

function asPerson({ id, resource, groups }: PersonRow, leaving: ReadonlySet<string>): DirectoryPerson {
  const person = personOf(resource as { [name: string]: Json });
  return { userId: id, ...person, isActive: person.isActive && !leaving.has(id), groupIds: groups };
}

async function expectRoom(tx: Tx, planned: readonly MembershipChange[]): Promise<void> {
  const added = Map.groupBy(
    planned.filter((change) => change.do === 'add'),
    ({ tenantId }) => tenantId,
  );
  for (const [tenantId, { length }] of added) {
    const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM members WHERE tenant_id = $1 AND removed_at IS NULL',
      [tenantId],
    );
    if (count + length > MAX_MEMBERS) throw new DirectoryRefused('limit_reached', `A tenant has at most ${MAX_MEMBERS} members`);
  }
}
