import { MEMBER_ROLES, type MemberRole } from '#core/access/scopes';

/** A role that a directory may give. Owners are made by owners alone. */
export const DIRECTORY_ROLES = MEMBER_ROLES.filter((role) => role !== 'owner');
export type DirectoryRole = Exclude<MemberRole, 'owner'>;

export interface DirectoryPerson {
  userId: string;
  email: string | null;
  name: string;
  isActive: boolean;
  groupIds: readonly string[];
}

/** A group's people have this role in this tenant: the directory's own, or a brand of it. */
export interface Mapping {
  groupId: string;
  tenantId: string;
  role: DirectoryRole;
}

/** A membership that the directory has given, or has found there and looks after since. */
export interface GivenMembership {
  userId: string;
  tenantId: string;
  memberId: string;
}

/** Somebody who is a member now. */
export interface StandingMember {
  tenantId: string;
  memberId: string;
  email: string;
  role: MemberRole;
}

export interface DirectoryFacts {
  /** The tenant that the directory belongs to. */
  tenantId: string;
  /** There, of people in no group that has a role; null for none. */
  defaultRole: DirectoryRole | null;
  people: readonly DirectoryPerson[];
  mappings: readonly Mapping[];
  given: readonly GivenMembership[];
  members: readonly StandingMember[];
  /** Owners by tenant, as they are now. */
  owners: ReadonlyMap<string, number>;
}

export type MembershipChange = { userId: string; tenantId: string } & (
  | { do: 'add'; email: string; name: string; role: DirectoryRole }
  /** Of a member whom the directory did not know before, with their role. */
  | { do: 'adopt'; memberId: string }
  | { do: 'change'; memberId: string; role: DirectoryRole; previousRole: MemberRole }
  | { do: 'end'; memberId: string }
  /** It is the directory's no longer, and stays. */
  | { do: 'forget' }
);

/** The person is the only owner that a tenant has left. */
export interface LastOwner {
  refused: 'last_owner';
  userId: string;
  tenantId: string;
}

/**
 * What has to change so that memberships are as the directory says. Groups give and take every role but that of an owner, whom only the end
 * of the person in the directory takes along, and never the last one. Another address is another person: the old membership ends.
 */
export function planMemberships(facts: DirectoryFacts): MembershipChange[] | LastOwner {
  const changes: MembershipChange[] = [];
  const owners = new Map(facts.owners);
  const membersById = new Map(facts.members.map((one) => [one.memberId, one]));
  const membersByEmail = new Map(facts.members.map((one) => [`${one.tenantId} ${one.email}`, one]));
  const givenByPerson = Map.groupBy(facts.given, ({ userId }) => userId);
  for (const person of facts.people) {
    const roles = rolesOf(person, facts);
    const given = new Map(givenByPerson.get(person.userId)?.map((one) => [one.tenantId, one]));
    for (const tenantId of new Set([facts.tenantId, ...roles.keys(), ...given.keys()])) {
      const known = given.get(tenantId);
      const planned = plannedIn(tenantId, person, {
        role: roles.get(tenantId),
        known,
        kept: known && membersById.get(known.memberId),
        found: membersByEmail.get(`${tenantId} ${person.email}`),
        isHome: tenantId === facts.tenantId,
      });
      for (const change of planned) {
        if (change.do === 'end' && membersById.get(change.memberId)?.role === 'owner') {
          const left = owners.get(tenantId) ?? 0;
          if (left <= 1) return { refused: 'last_owner', userId: person.userId, tenantId };
          owners.set(tenantId, left - 1);
        }
        changes.push(change);
      }
    }
  }
  return changes;
}

/** How one person stands in one tenant. */
interface Standing {
  role: DirectoryRole | undefined;
  known: GivenMembership | undefined;
  /** The membership that the directory knows, if it still stands. */
  kept: StandingMember | undefined;
  /** The membership of the person's address. */
  found: StandingMember | undefined;
  /** Whether the directory belongs to this tenant. */
  isHome: boolean;
}

function plannedIn(tenantId: string, { userId, email, name, isActive }: DirectoryPerson, standing: Standing): MembershipChange[] {
  const { role, known, kept, found, isHome } = standing;
  const about = { userId, tenantId };
  if (!isActive) {
    const ending = kept ?? (isHome ? found : undefined);
    if (ending) return [{ ...about, do: 'end', memberId: ending.memberId }];
    return known ? [{ ...about, do: 'forget' }] : [];
  }
  const stays = kept !== undefined && kept === found && (role !== undefined || kept.role === 'owner');
  const planned: MembershipChange[] = [];
  if (kept && kept.role !== 'owner' && !stays) planned.push({ ...about, do: 'end', memberId: kept.memberId });
  else if (known && !stays) planned.push({ ...about, do: 'forget' });
  if (!role || !email) return planned;
  if (!found) return [...planned, { ...about, do: 'add', email, name, role }];
  const { memberId, role: previousRole } = found;
  if (!stays) planned.push({ ...about, do: 'adopt', memberId });
  if (previousRole !== 'owner' && previousRole !== role) planned.push({ ...about, do: 'change', memberId, role, previousRole });
  return planned;
}

/** Of several groups with a role in one tenant the role counts that comes first: admin, billing, creator, viewer. */
export function rolesOf(
  { isActive, email, groupIds }: Pick<DirectoryPerson, 'isActive' | 'email' | 'groupIds'>,
  { tenantId, defaultRole, mappings }: Pick<DirectoryFacts, 'tenantId' | 'defaultRole' | 'mappings'>,
): Map<string, DirectoryRole> {
  const roles = new Map<string, DirectoryRole>();
  if (!isActive || email === null) return roles;
  for (const mapping of mappings) {
    if (!groupIds.includes(mapping.groupId)) continue;
    const held = roles.get(mapping.tenantId);
    if (!held || DIRECTORY_ROLES.indexOf(mapping.role) < DIRECTORY_ROLES.indexOf(held)) roles.set(mapping.tenantId, mapping.role);
  }
  if (defaultRole && !roles.has(tenantId)) roles.set(tenantId, defaultRole);
  return roles;
}
