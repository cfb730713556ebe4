import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_MEMBERS } from '#core/access/member-limits';
import { type MemberRole, mayHandOn, SCOPES_OF_ROLE } from '#core/access/scopes';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { endMemberships } from '#features/tenants/end-memberships.service';
import { NOT_FOUND, TenantReach, withBrands } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface MemberRow {
  id: string;
  email: string;
  name: string;
  role: MemberRole;
  created_at: Date;
}

const COLUMNS = 'id, email, name, role, created_at';

/** People of a tenant. There is always an owner once there was one, and nobody gives a role that may do more than they may. */
@Injectable()
export class MembersService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async add(caller: Caller, tenant: string | undefined, wanted: { email: string; name: string; role: MemberRole }) {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<MemberRow | NamedRefusal> => {
      if (!mayHandOn(caller.scopes, SCOPES_OF_ROLE[wanted.role])) return mayNotGive(wanted.role);
      const members = await this.locked(tx, tenantId);
      if (members.length >= MAX_MEMBERS) return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_MEMBERS} members` };
      if (members.some(({ email }) => email === wanted.email))
        return { refused: 'already_exists', detail: 'This person is a member already' };
      const id = uuidv7();
      const [member] = await tx.query<MemberRow>(
        `INSERT INTO members (tenant_id, id, email, name, role) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
        [tenantId, id, wanted.email, wanted.name, wanted.role],
      );
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'member.added', targetId: id, data: { role: wanted.role } }]);
      await recordEvents(tx, [{ tenantId, type: 'member.added', data: { memberId: id, role: wanted.role } }]);
      return member as MemberRow;
    });
  }

  /**
   * The member with this address in the transaction's tenant, made with this role if there is none: whoever calls has the word of the
   * tenant's identity provider for it.
   */
  async joined(
    tx: Tx,
    tenantId: string,
    wanted: { email: string; name: string; role: MemberRole },
  ): Promise<{ memberId: string; personId: string } | NamedRefusal> {
    const known = await this.known(tx, tenantId, wanted.email);
    if (known) return known;
    const members = await this.locked(tx, tenantId);
    if (members.length >= MAX_MEMBERS) return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_MEMBERS} members` };
    const meanwhile = await this.known(tx, tenantId, wanted.email);
    if (meanwhile) return meanwhile;
    const id = uuidv7();
    const [made] = await tx.query<{ personId: string }>(
      'INSERT INTO members (tenant_id, id, email, name, role) VALUES ($1, $2, $3, $4, $5) RETURNING person_id AS "personId"',
      [tenantId, id, wanted.email, wanted.name, wanted.role],
    );
    const actor = { kind: 'person', id, tenantId } as const;
    await recordAudit(tx, [{ tenantId, actor, action: 'member.joined', targetId: id, data: { role: wanted.role } }]);
    await recordEvents(tx, [{ tenantId, type: 'member.added', data: { memberId: id, role: wanted.role } }]);
    return { memberId: id, personId: (made as { personId: string }).personId };
  }

  /** The member with this address in the transaction's tenant. */
  async known(tx: Tx, tenantId: string, email: string): Promise<{ memberId: string; personId: string } | undefined> {
    const [known] = await tx.query<{ memberId: string; personId: string }>(
      'SELECT id AS "memberId", person_id AS "personId" FROM members WHERE tenant_id = $1 AND email = $2 AND removed_at IS NULL',
      [tenantId, email],
    );
    return known;
  }

  async list(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<MemberRow[] | NamedRefusal> {
    return this.inTenant(caller, page.tenant, (tx, tenantId) =>
      tx.query<MemberRow>(
        `SELECT ${COLUMNS} FROM members
          WHERE tenant_id = $1 AND removed_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
        [tenantId, page.after ?? null, page.limit],
      ),
    );
  }

  async change(caller: Caller, tenant: string | undefined, id: string, role: MemberRole): Promise<MemberRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId) => {
      const members = await this.locked(tx, tenantId);
      const member = members.find((one) => one.id === id);
      if (!member) return NOT_FOUND;
      for (const wanted of [role, member.role]) if (!mayHandOn(caller.scopes, SCOPES_OF_ROLE[wanted])) return mayNotGive(wanted);
      if (role !== 'owner' && isLastOwner(members, member)) return LAST_OWNER;
      await tx.query('UPDATE members SET role = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, role]);
      const data = { role, previousRole: member.role };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'member.changed', targetId: id, data }]);
      await recordEvents(tx, [{ tenantId, type: 'member.changed', data: { memberId: id, role } }]);
      return { ...member, role };
    });
  }

  /** Ends the membership, and with it the keys that the member has made, in brands too. */
  async remove(caller: Caller, tenant: string | undefined, id: string): Promise<'removed' | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const { tenantId } = reached;
    return this.db.transaction('remove member', await withBrands(this.db, tenantId), async (tx) => {
      const members = await this.locked(tx, tenantId);
      const member = members.find((one) => one.id === id);
      if (!member) return NOT_FOUND;
      if (!mayHandOn(caller.scopes, SCOPES_OF_ROLE[member.role])) return mayNotGive(member.role);
      if (isLastOwner(members, member)) return LAST_OWNER;
      await endMemberships(tx, actorOf(caller), [{ tenantId, memberId: id }]);
      return 'removed';
    });
  }

  /** Under the tenant's row: two removals at once must not each leave the other as the last owner. */
  private async locked(tx: Tx, tenantId: string): Promise<MemberRow[]> {
    await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]);
    return tx.query<MemberRow>(`SELECT ${COLUMNS} FROM members WHERE tenant_id = $1 AND removed_at IS NULL`, [tenantId]);
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('members', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

const LAST_OWNER: NamedRefusal = { refused: 'last_owner', detail: 'A tenant keeps at least one owner: make another one first' };

function isLastOwner(members: readonly MemberRow[], member: MemberRow): boolean {
  return member.role === 'owner' && members.filter(({ role }) => role === 'owner').length === 1;
}

function mayNotGive(role: MemberRole): NamedRefusal {
  return { refused: 'not_allowed', detail: `This API key may do less than the role ${role}, so it can neither give nor take it` };
}
