/** What an API key may be allowed to do. `platform:*` is for the platform's own staff and reaches every tenant. */
export const SCOPES = [
  'generations:read',
  'generations:write',
  'ledger:read',
  'billing:write',
  'capacity:read',
  'capacity:write',
  'tenants:read',
  'tenants:write',
  'projects:read',
  'projects:write',
  'keys:read',
  'keys:write',
  'members:read',
  'members:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'platform:read',
  'platform:operate',
] as const;
export type Scope = (typeof SCOPES)[number];

export const MEMBER_ROLES = ['owner', 'admin', 'billing', 'creator', 'viewer'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];
export const ROLES = [...MEMBER_ROLES, 'operator', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

const OF_TENANTS = SCOPES.filter((scope) => !scope.startsWith('platform:'));
const READING = OF_TENANTS.filter((scope) => scope.endsWith(':read'));
const READING_MEDIA: readonly Scope[] = ['generations:read', 'projects:read'];

/** What each role may do. A key made for a role carries these scopes. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  owner: OF_TENANTS,
  admin: OF_TENANTS.filter((scope) => scope !== 'billing:write' && scope !== 'capacity:write' && scope !== 'tenants:write'),
  billing: ['ledger:read', 'billing:write', 'capacity:read', 'capacity:write', 'tenants:read', 'projects:read', 'audit:read'],
  creator: [...READING_MEDIA, 'generations:write'],
  viewer: READING_MEDIA,
  operator: [...SCOPES.filter((scope) => !scope.startsWith('generations:'))],
  auditor: [...READING.filter((scope) => !scope.startsWith('generations:')), 'platform:read'],
};

/** Whether every wanted scope is held: nobody hands on what they lack. */
export function mayHandOn(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => held.includes(scope));
}
