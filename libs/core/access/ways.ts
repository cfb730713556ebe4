import { MEMBER_ROLES, type MemberRole, SCOPES_OF_ROLE } from '#core/access/scopes';

/** Who may reach something: a person by memberships, an API key by itself, a group of a directory by the roles it was given. */
export const REACHER_KINDS = ['person', 'api_key', 'group'] as const;
export type ReacherKind = (typeof REACHER_KINDS)[number];

/** Why somebody reaches it: made so here, by groups of a directory, by the role that its people usually have, or as one of the agency's. */
export const WAY_REASONS = ['direct', 'group', 'usual_role', 'agency'] as const;
export type WayReason = (typeof WAY_REASONS)[number];

/** What somebody was given in one tenant. */
export interface Standing {
  tenantId: string;
  /** Of a key that belongs to one project. */
  projectId: string | null;
  /** Null for a key whose scopes are those of no role. */
  role: MemberRole | null;
  /** Of a key without a role. */
  scopes: readonly string[];
  reason: Exclude<WayReason, 'agency'>;
  /** Groups that gave it. */
  groups: readonly string[];
}

/** What is asked about: a tenant with all that is in it, or one project of it. */
export interface Goal {
  tenantId: string;
  /** Of a brand. */
  agencyId: string | null;
  projectId: string | null;
  hasBrands: boolean;
}

/** How somebody reaches a tenant, every brand of it, or one project. */
export interface Way extends Omit<Standing, 'reason'> {
  /** The brands of the tenant, and not the tenant itself. */
  isEveryBrand: boolean;
  reason: WayReason;
}

/**
 * The ways that one standing opens. Whoever is of an agency may do the same in each of its brands, beside what they were given in a brand
 * itself; a key of one project stays there.
 */
export function waysBy(standing: Standing, goal: Goal): Way[] {
  const { reason, ...given } = standing;
  if (standing.tenantId === goal.agencyId) {
    return standing.projectId === null ? [{ ...given, tenantId: goal.tenantId, isEveryBrand: false, reason: 'agency' }] : [];
  }
  if (goal.projectId !== null && (standing.tenantId !== goal.tenantId || (standing.projectId ?? goal.projectId) !== goal.projectId)) {
    return [];
  }
  const own: Way = { ...given, isEveryBrand: false, reason };
  const isOfAgency = standing.tenantId === goal.tenantId && standing.projectId === null && goal.hasBrands && goal.projectId === null;
  return isOfAgency ? [own, { ...own, isEveryBrand: true, reason: 'agency' }] : [own];
}

/** The role whose scopes these are; null for a choice of their own. */
export function roleWithScopes(scopes: readonly string[]): MemberRole | null {
  const held = new Set(scopes);
  const isOf = (role: MemberRole) => SCOPES_OF_ROLE[role].length === held.size && SCOPES_OF_ROLE[role].every((scope) => held.has(scope));
  return MEMBER_ROLES.find(isOf) ?? null;
}
