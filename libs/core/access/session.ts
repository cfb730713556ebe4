import type { Role, Scope } from '#core/access/scopes';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import type { ServiceTier } from '#core/catalog/service-tiers';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** When a session ends by itself. Staff reach every tenant, so theirs are short. */
export const SESSION_LIMITS = {
  member: { idleMs: 12 * HOUR_MS, lifeMs: 7 * 24 * HOUR_MS },
  staff: { idleMs: HOUR_MS, lifeMs: 12 * HOUR_MS },
} as const;

/** A session's last use is written at most this often. */
export const TOUCH_EVERY_MS = MINUTE_MS;

/** How long ago a person may have proven who they are for what makes a key, moves money, or stops work. */
const STEP_UP_MS = HOUR_MS;

export function isFreshProof(verifiedAt: Date, now: Date): boolean {
  return now.getTime() - verifiedAt.getTime() <= STEP_UP_MS;
}

/** How a person proved who they are. */
export type SignInMethod = 'password' | 'code' | 'oidc' | 'saml';

/** A tenant that a session opens, with the role the person has there now. */
export interface OpenedTenant {
  tenantId: string;
  tenantName: string;
  parentTenantId: string | null;
  limitPlan: string;
  /** Of what is asked for without naming a tier. */
  serviceTier: ServiceTier;
  /** The membership; of staff, their row. */
  memberId: string;
  name: string;
  role: Role;
  method: SignInMethod;
  verifiedAt: Date;
  expiresAt: Date;
}

/** A session that lives. It opens at least one tenant. */
export interface Session {
  id: string;
  personId: string;
  email: string;
  isStaff: boolean;
  openedAt: Date;
  seenAt: Date;
  tenants: readonly [OpenedTenant, ...OpenedTenant[]];
}

/** When a session ends if nobody uses it again: no tenant is open any longer, or it was idle for too long. */
export function endsAt({ isStaff, seenAt, tenants }: Session): Date {
  const { idleMs } = SESSION_LIMITS[isStaff ? 'staff' : 'member'];
  const lastMs = Math.max(...tenants.map(({ expiresAt }) => expiresAt.getTime()));
  return new Date(Math.min(seenAt.getTime() + idleMs, lastMs));
}

/** Whether a last use is old enough to be written again. */
export function isToBeTouched({ seenAt }: Session, now: Date): boolean {
  return now.getTime() - seenAt.getTime() >= TOUCH_EVERY_MS;
}

/** What a person may do in a tenant: the names of actions are those of scopes, so that people and keys are judged by the same words. */
export function actionsOf(role: Role): readonly Scope[] {
  return SCOPES_OF_ROLE[role];
}
