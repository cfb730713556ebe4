import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_PASSWORDS_COMPARED, MAX_TRIES_PER_ADDRESS, MAX_TRIES_PER_EMAIL, SIGN_IN_WINDOW_MS } from '#core/access/sign-in-limits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { compareWithNothing, hashPassword, isPassword } from '#features/sign-in/passwords';
import { SessionsService } from '#features/sign-in/sessions.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** One try to sign in with a password. */
export interface PasswordTry {
  email: string;
  password: string;
  /** Where it came from, to be counted. */
  address: string;
  /** The token the browser came with. */
  replaces?: string;
}

interface PasswordRow {
  tenant_id: string;
  member_id: string;
  person_id: string;
  password: string;
}

const WRONG: NamedRefusal = { refused: 'not_authenticated', detail: 'E-mail address or password is wrong' };

/**
 * Sign-in by password: of owners, past their identity provider (_break glass_), and of the platform's staff. A password belongs to one
 * membership, so it opens that tenant and no other.
 */
@Injectable()
export class PasswordSignIn {
  constructor(
    private readonly db: HotPool,
    private readonly sessions: SessionsService,
  ) {}

  /** @returns the token of a new session */
  async asOwner(wanted: PasswordTry): Promise<{ token: string } | NamedRefusal> {
    const members = await this.proven(wanted, 'SELECT * FROM members_with_password($1, $2)', [wanted.email, MAX_PASSWORDS_COMPARED]);
    if ('refused' in members) return members;
    return this.db.transaction(
      'break glass',
      members.map(({ tenant_id }) => tenant_id),
      async (tx) => {
        await announce(tx, members);
        return this.open(tx, members, false, wanted);
      },
    );
  }

  /** @returns the token of a new session */
  async asStaff(wanted: PasswordTry): Promise<{ token: string } | NamedRefusal> {
    const staff = await this.proven(wanted, 'SELECT * FROM staff_with_password($1)', [wanted.email]);
    if ('refused' in staff) return staff;
    return this.db.transaction(
      'staff sign-in',
      staff.map(({ tenant_id }) => tenant_id),
      async (tx) => {
        await recordAudit(
          tx,
          staff.map((one) => ({ ...byMember(one), action: 'staff.signed_in', targetId: one.member_id })),
        );
        return this.open(tx, staff, true, wanted);
      },
    );
  }

  /** Sets the password of an owner for the tenant in which they act. */
  async set(caller: Caller, password: string): Promise<'set' | NamedRefusal> {
    const { person, tenantId } = caller;
    if (!person || person.tenantId !== tenantId || !caller.scopes.includes('tenants:write') || caller.scopes.includes('platform:operate')) {
      return { refused: 'not_allowed', detail: 'Only owners sign in by password, each to their own tenant' };
    }
    const kept = await hashPassword(password);
    return this.db.transaction('set password', [tenantId], async (tx): Promise<'set'> => {
      await tx.query(
        `INSERT INTO member_passwords (tenant_id, member_id, password) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, member_id) DO UPDATE SET password = $3, set_at = now()`,
        [tenantId, person.memberId, kept],
      );
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'member.password_set', targetId: person.memberId }]);
      return 'set';
    });
  }

  /** Counted before it is compared: many tries at once are as many as one after the other. */
  private async proven(
    { email, password, address }: PasswordTry,
    sql: string,
    parameters: unknown[],
  ): Promise<PasswordRow[] | NamedRefusal> {
    const ofEmail = subjectOf('email', email);
    const [tries] = await this.db.query<{ allowed: boolean }>(
      'SELECT note_sign_in_tries($1, $2, make_interval(secs => $3::float8 / 1000)) AS allowed',
      [[ofEmail, subjectOf('address', address)], [MAX_TRIES_PER_EMAIL, MAX_TRIES_PER_ADDRESS], SIGN_IN_WINDOW_MS],
    );
    if (!tries?.allowed) {
      return {
        refused: 'rate_limited',
        detail: `Too many tries: wait ${SIGN_IN_WINDOW_MS / 60_000} minutes, or sign in by your identity provider`,
      };
    }
    const candidates = await this.db.query<PasswordRow>(sql, parameters);
    if (candidates.length === 0) await compareWithNothing(password);
    const proven: PasswordRow[] = [];
    for (const candidate of candidates) if (await isPassword(password, candidate.password)) proven.push(candidate);
    if (proven.length === 0) return WRONG;
    await this.db.query('SELECT forget_sign_in_tries($1)', [[ofEmail]]);
    return proven;
  }

  private async open(tx: Tx, rows: readonly PasswordRow[], isStaff: boolean, { replaces }: PasswordTry) {
    const [first] = rows;
    if (!first) throw new Error('nothing was proven');
    const members = rows.map(({ tenant_id, member_id }) => ({ tenantId: tenant_id, memberId: member_id }));
    return { token: await this.sessions.open(tx, { personId: first.person_id, isStaff, members, method: 'password', replaces }) };
  }
}

/** For every owner to know: in the audit log, and as an event. */
async function announce(tx: Tx, members: readonly PasswordRow[]): Promise<void> {
  const owners = await tx.query<{ tenant_id: string; id: string }>(
    `SELECT tenant_id, id FROM members WHERE tenant_id = ANY ($1) AND role = 'owner' AND removed_at IS NULL ORDER BY id`,
    [members.map(({ tenant_id }) => tenant_id)],
  );
  await recordAudit(
    tx,
    members.map((member) => ({ ...byMember(member), action: 'sign_in.break_glass', targetId: member.member_id })),
  );
  await recordEvents(
    tx,
    members.map(({ tenant_id, member_id }) => ({
      tenantId: tenant_id,
      type: 'sign_in.break_glass',
      data: { memberId: member_id, owners: owners.filter((owner) => owner.tenant_id === tenant_id).map(({ id }) => id) },
    })),
  );
}

function byMember({ tenant_id, member_id }: PasswordRow) {
  return { tenantId: tenant_id, actor: { kind: 'person', id: member_id, tenantId: tenant_id } } as const;
}

/** Kept as a hash: nobody reads from the table who tried to sign in. */
function subjectOf(kind: 'email' | 'address', value: string): Buffer {
  return createHash('sha256').update(`${kind} ${value}`).digest();
}
