import { v7 as uuidv7 } from 'uuid';
import type { MembershipChange } from '#core/directory/plan-memberships';
import { type Actor, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { endMemberships } from '#features/tenants/end-memberships.service';
import type { Tx } from '#platform/database/tx';

type Planned<Do extends MembershipChange['do']> = Extract<MembershipChange, { do: Do }>;

/** Writes what was planned, tells of it, and ends the keys of who is out. Statements are as few for a thousand people as for one. */
export async function saveMemberships(tx: Tx, actor: Actor, tenantId: string, planned: readonly MembershipChange[]): Promise<void> {
  const of = <Do extends MembershipChange['do']>(kind: Do) => planned.filter((change): change is Planned<Do> => change.do === kind);
  await forget(tx, tenantId, [...of('end'), ...of('forget')]);
  await endMemberships(tx, actor, of('end'));
  const added = await add(tx, actor, of('add'));
  await know(tx, tenantId, [...added, ...of('adopt')]);
  await change(tx, actor, of('change'));
}

async function add(tx: Tx, actor: Actor, added: readonly Planned<'add'>[]) {
  const members = added.map((one) => ({ ...one, memberId: uuidv7() }));
  if (members.length === 0) return [];
  await tx.query(
    `INSERT INTO members (tenant_id, id, email, name, role)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])`,
    [
      members.map(({ tenantId }) => tenantId),
      members.map(({ memberId }) => memberId),
      members.map(({ email }) => email),
      members.map(({ name }) => name),
      members.map(({ role }) => role),
    ],
  );
  await recordAudit(
    tx,
    members.map(({ tenantId, memberId, role }) => ({ tenantId, actor, action: 'member.added', targetId: memberId, data: { role } })),
  );
  await recordEvents(
    tx,
    members.map(({ tenantId, memberId, role }) => ({ tenantId, type: 'member.added', data: { memberId, role } })),
  );
  return members;
}

async function change(tx: Tx, actor: Actor, changed: readonly Planned<'change'>[]): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(
    `UPDATE members m SET role = c.role FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS c (tenant_id, id, role)
      WHERE m.tenant_id = c.tenant_id AND m.id = c.id`,
    [changed.map(({ tenantId }) => tenantId), changed.map(({ memberId }) => memberId), changed.map(({ role }) => role)],
  );
  await recordAudit(
    tx,
    changed.map(({ tenantId, memberId, role, previousRole }) => ({
      tenantId,
      actor,
      action: 'member.changed',
      targetId: memberId,
      data: { role, previousRole },
    })),
  );
  await recordEvents(
    tx,
    changed.map(({ tenantId, memberId, role }) => ({ tenantId, type: 'member.changed', data: { memberId, role } })),
  );
}

async function know(tx: Tx, tenantId: string, known: readonly { userId: string; tenantId: string; memberId: string }[]): Promise<void> {
  if (known.length === 0) return;
  await tx.query(
    `INSERT INTO directory_memberships (tenant_id, user_id, target_tenant_id, member_id)
     SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[])
     ON CONFLICT (tenant_id, user_id, target_tenant_id) DO UPDATE SET member_id = excluded.member_id`,
    [tenantId, known.map(({ userId }) => userId), known.map((one) => one.tenantId), known.map(({ memberId }) => memberId)],
  );
}

async function forget(tx: Tx, tenantId: string, forgotten: readonly { userId: string; tenantId: string }[]): Promise<void> {
  if (forgotten.length === 0) return;
  await tx.query(
    `DELETE FROM directory_memberships d USING unnest($2::uuid[], $3::uuid[]) AS f (user_id, target_tenant_id)
      WHERE d.tenant_id = $1 AND d.user_id = f.user_id AND d.target_tenant_id = f.target_tenant_id`,
    [tenantId, forgotten.map(({ userId }) => userId), forgotten.map((one) => one.tenantId)],
  );
}
