import { z } from 'zod';
import { PageQuery, TenantQuery, When } from '#contracts/native/common';
import { RotateKey } from '#contracts/native/keys';
import type { OperationContract } from '#contracts/operation';
import { CALLS_KEPT_DAYS, CALLS_REMEMBERED } from '#core/directory/limits';
import { DIRECTORY_ROLES } from '#core/directory/plan-memberships';

const Role = z.enum(DIRECTORY_ROLES);

const Directory = z
  .object({
    scimUrl: z.string().meta({ description: 'To be entered at the identity provider as the base URL of SCIM 2.0.' }),
    defaultRole: Role.nullable().meta({ description: 'Of people in no group that has a role here; null for none.' }),
    activePeople: z.int(),
    inactivePeople: z.int(),
    groups: z.int(),
  })
  .meta({ id: 'Directory' });

export const UpdateDirectory = z.object({ defaultRole: Role.nullable() });
export type UpdateDirectory = z.infer<typeof UpdateDirectory>;

const DirectoryToken = z
  .object({
    id: z.uuid(),
    prefix: z.string().meta({ description: 'First characters of the token, to recognize it by.' }),
    createdAt: When,
    expiresAt: When.nullable(),
    revokedAt: When.nullable(),
    lastUsedAt: When.nullable().meta({ description: 'Exact to about a minute.' }),
    replacesTokenId: z.uuid().nullable(),
  })
  .meta({ id: 'DirectoryToken' });
const NewDirectoryToken = DirectoryToken.extend({
  token: z.string().meta({ description: 'The token itself, shown this once.' }),
}).meta({ id: 'NewDirectoryToken' });

const RoleOfGroup = z.object({ tenantId: z.uuid().meta({ description: 'The tenant of the directory, or a brand of it.' }), role: Role });
const DirectoryGroup = z
  .object({ id: z.uuid(), name: z.string(), people: z.int(), roles: z.array(RoleOfGroup) })
  .meta({ id: 'DirectoryGroup' });

const MAX_ROLES_OF_GROUP = 200;

export const SetGroupRoles = z.object({
  roles: z
    .array(RoleOfGroup)
    .max(MAX_ROLES_OF_GROUP)
    .refine((roles) => new Set(roles.map(({ tenantId }) => tenantId)).size === roles.length, 'name each tenant once'),
});
export type SetGroupRoles = z.infer<typeof SetGroupRoles>;

const DirectoryCall = z
  .object({
    id: z.uuid(),
    at: When,
    tokenId: z.uuid(),
    method: z.string(),
    path: z.string(),
    status: z.int(),
    detail: z.string().nullable().meta({ description: 'What was answered to a refused call.' }),
    explanation: z.string().nullable().meta({ description: 'What it means to whoever looks after the identity provider.' }),
  })
  .meta({ id: 'DirectoryCall' });

const CallsQuery = PageQuery.extend({
  refused: z.enum(['true', 'false']).default('false').meta({ description: '`true` for the refused calls alone.' }),
});

export const getDirectory = {
  id: 'getDirectory',
  method: 'GET',
  path: '/api/v1/directory',
  status: 200,
  scope: 'tenants:read',
  summary: 'How the tenant’s identity provider keeps people and groups here, by SCIM 2.0.',
  query: TenantQuery,
  response: Directory,
} satisfies OperationContract;

export const updateDirectory = {
  id: 'updateDirectory',
  method: 'PATCH',
  path: '/api/v1/directory',
  status: 200,
  scope: 'tenants:write',
  summary: 'Set the role of people in no group that has a role. It is theirs at once.',
  query: TenantQuery,
  body: UpdateDirectory,
  response: Directory,
} satisfies OperationContract;

export const createDirectoryToken = {
  id: 'createDirectoryToken',
  method: 'POST',
  path: '/api/v1/directory/tokens',
  status: 201,
  scope: 'tenants:write',
  stepUp: true,
  summary: 'Make a token by which an identity provider keeps the directory. It is shown once.',
  query: TenantQuery,
  response: NewDirectoryToken,
} satisfies OperationContract;

export const listDirectoryTokens = {
  id: 'listDirectoryTokens',
  method: 'GET',
  path: '/api/v1/directory/tokens',
  status: 200,
  scope: 'tenants:read',
  summary: 'Tokens of the directory, newest first, without the tokens themselves.',
  query: TenantQuery,
  response: z.object({ tokens: z.array(DirectoryToken) }),
} satisfies OperationContract;

export const rotateDirectoryToken = {
  id: 'rotateDirectoryToken',
  method: 'POST',
  path: '/api/v1/directory/tokens/:id/rotate',
  status: 201,
  scope: 'tenants:write',
  stepUp: true,
  summary: 'Replace a token by a new one; both work for the overlap.',
  query: TenantQuery,
  body: RotateKey,
  response: NewDirectoryToken,
} satisfies OperationContract;

export const revokeDirectoryToken = {
  id: 'revokeDirectoryToken',
  method: 'DELETE',
  path: '/api/v1/directory/tokens/:id',
  status: 204,
  scope: 'tenants:write',
  summary: 'Revoke a token. Its next call is refused; people and groups stay as they are.',
  query: TenantQuery,
} satisfies OperationContract;

export const listDirectoryGroups = {
  id: 'listDirectoryGroups',
  method: 'GET',
  path: '/api/v1/directory/groups',
  status: 200,
  scope: 'tenants:read',
  summary: 'Groups of the directory with the roles that their people have, oldest first.',
  query: PageQuery,
  response: z.object({ groups: z.array(DirectoryGroup) }),
} satisfies OperationContract;

export const setGroupRoles = {
  id: 'setGroupRoles',
  method: 'PUT',
  path: '/api/v1/directory/groups/:id/roles',
  status: 200,
  scope: 'tenants:write',
  summary:
    'Set which roles the people of a group have, here and in brands. Of several groups the role counts that comes first: admin, billing, creator, viewer.',
  query: TenantQuery,
  body: SetGroupRoles,
  response: DirectoryGroup,
} satisfies OperationContract;

export const listDirectoryCalls = {
  id: 'listDirectoryCalls',
  method: 'GET',
  path: '/api/v1/directory/calls',
  status: 200,
  scope: 'tenants:read',
  summary: `Last calls of the identity provider, newest first, the refused ones explained. Kept: ${CALLS_REMEMBERED} refused and as many others, for ${CALLS_KEPT_DAYS} days.`,
  query: CallsQuery,
  response: z.object({ calls: z.array(DirectoryCall) }),
} satisfies OperationContract;
export type CallsQuery = z.infer<typeof CallsQuery>;
