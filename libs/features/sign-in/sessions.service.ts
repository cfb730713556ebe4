import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { Role } from '#core/access/scopes';
import { actionsOf, isToBeTouched, type OpenedTenant, SESSION_LIMITS, type Session, type SignInMethod } from '#core/access/session';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { WorkTermsService } from '#features/tenants/work-terms.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** Whoever has just proved who they are, and where. */
export interface NewSession {
  personId: string;
  isStaff: boolean;
  members: readonly { tenantId: string; memberId: string }[];
  method: SignInMethod;
  /** Whose word it is; none for a password. */
  connectionId?: string;
  /** The token the browser came with: that session ends, and what it opened for the same person stays open. */
  replaces?: string;
}

interface AccessRow {
  session_id: string;
  person_id: string;
  email: string;
  is_staff: boolean;
  opened_at: Date;
  seen_at: Date;
  expires_at: Date;
  method: SignInMethod;
  verified_at: Date;
  tenant_id: string;
  member_id: string;
  name: string;
  role: Role;
  tenant_name: string;
  parent_tenant_id: string | null;
  limit_plan: string;
  service_tier: ServiceTier;
}

/** The longest of the idle limits; a session of staff is judged by its own besides. */
const IDLE = `${SESSION_LIMITS.member.idleMs} milliseconds`;

/** Sessions of people, kept in Postgres. A token is 256 random bits of which only the hash is kept; nothing is cached, so an end is an end. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly db: HotPool,
    private readonly terms: WorkTermsService,
  ) {}

  /** @returns the token, which only the browser keeps */
  async open(tx: Tx, { personId, isStaff, members, method, connectionId, replaces }: NewSession): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const { lifeMs, idleMs } = SESSION_LIMITS[isStaff ? 'staff' : 'member'];
    await tx.query(
      'SELECT open_session($1, $2, $3, $4, $5, $6, $7, $8, make_interval(secs => $9::float8 / 1000), make_interval(secs => $10::float8 / 1000))',
      [
        hashOf(token),
        replaces === undefined ? null : hashOf(replaces),
        personId,
        isStaff,
        members.map(({ tenantId }) => tenantId),
        members.map(({ memberId }) => memberId),
        method,
        connectionId ?? null,
        lifeMs,
        idleMs,
      ],
    );
    return token;
  }

  /** The living session of a token. Its use is noted, unless it is none. */
  async find(token: string, { isUse } = { isUse: true }): Promise<Session | undefined> {
    const rows = await this.db.query<AccessRow>('SELECT * FROM session_access($1, $2::interval)', [hashOf(token), IDLE]);
    const session = sessionOf(rows);
    const now = new Date();
    if (!session || isIdle(session, now)) return undefined;
    if (isUse && isToBeTouched(session, now)) await this.db.query('SELECT touch_session($1)', [hashOf(token)]);
    return session;
  }

  async end(token: string): Promise<void> {
    await this.db.query('SELECT end_session($1)', [hashOf(token)]);
  }

  /** The person of a session as the caller in one of its tenants, or in a brand of one. @param wanted of x-halogen-tenant */
  async callerIn(session: Session, wanted: string | undefined): Promise<Caller | NamedRefusal> {
    const { tenants } = session;
    if (wanted === undefined) {
      if (tenants.length === 1) return this.withTerms(callerOf(session, tenants[0]));
      return { refused: 'tenant_needed', detail: 'This session opens several tenants: name one in the header x-halogen-tenant' };
    }
    const opened = tenants.find(({ tenantId }) => tenantId === wanted);
    if (opened) return this.withTerms(callerOf(session, opened));
    const [brand] = await this.db.transaction('tenant of session', [wanted], (tx) =>
      tx.query<{ parent_tenant_id: string | null; limit_plan: string; service_tier: ServiceTier }>(
        'SELECT parent_tenant_id, limit_plan, service_tier FROM tenants WHERE id = $1',
        [wanted],
      ),
    );
    const agency = brand && !session.isStaff && tenants.find(({ tenantId }) => tenantId === brand.parent_tenant_id);
    if (!agency) return { refused: 'not_found', detail: 'Not found' };
    const { limit_plan: limitPlan, service_tier: serviceTier } = brand;
    return this.withTerms({ ...callerOf(session, agency), tenantId: wanted, limitPlan, serviceTier });
  }

  /** People work without a project: by the terms of the tenant in which they act. */
  private async withTerms(caller: Caller): Promise<Caller> {
    return { ...caller, ...(await this.terms.of(caller.tenantId)) };
  }

  /** Brands of an agency, in which its people may do what they may do there. */
  async brandsOf(tenantId: string): Promise<{ id: string; name: string }[]> {
    return this.db.query('SELECT id, name FROM brands_of($1)', [tenantId]);
  }
}

/** What our pages send with a write to show that they are ours: other sites can make a browser send its cookie, but cannot know this. */
export function csrfTokenOf(token: string): string {
  return createHmac('sha256', token).update('halogen csrf').digest('base64url');
}

export function isCsrfTokenOf(token: string, given: string): boolean {
  const wanted = Buffer.from(csrfTokenOf(token));
  const compared = Buffer.from(given);
  return wanted.length === compared.length && timingSafeEqual(wanted, compared);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function isIdle({ isStaff, seenAt }: Session, now: Date): boolean {
  return now.getTime() - seenAt.getTime() > SESSION_LIMITS[isStaff ? 'staff' : 'member'].idleMs;
}

function callerOf({ personId, email }: Session, { tenantId, memberId, role, limitPlan, serviceTier, verifiedAt }: OpenedTenant): Caller {
  return {
    tenantId,
    apiKeyId: memberId,
    person: { id: personId, email, tenantId, memberId, verifiedAt },
    scopes: actionsOf(role),
    project: null,
    limitPlan,
    serviceTier,
  };
}

function sessionOf(rows: readonly AccessRow[]): Session | undefined {
  const [first, ...others] = rows;
  if (!first) return undefined;
  return {
    id: first.session_id,
    personId: first.person_id,
    email: first.email,
    isStaff: first.is_staff,
    openedAt: first.opened_at,
    seenAt: first.seen_at,
    tenants: [openedTenant(first), ...others.map(openedTenant)],
  };
}

function openedTenant(row: AccessRow): OpenedTenant {
  return {
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    parentTenantId: row.parent_tenant_id,
    limitPlan: row.limit_plan,
    serviceTier: row.service_tier,
    memberId: row.member_id,
    name: row.name,
    role: row.role,
    method: row.method,
    verifiedAt: row.verified_at,
    expiresAt: row.expires_at,
  };
}
