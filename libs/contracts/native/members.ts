import { z } from 'zod';
import { Name, PageQuery, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MEMBER_ROLES } from '#core/access/scopes';

const MemberRole = z.enum(MEMBER_ROLES);
const Member = z.object({ id: z.uuid(), email: z.string(), name: z.string(), role: MemberRole, createdAt: When }).meta({ id: 'Member' });

export const AddMember = z.object({ email: z.email().max(254).toLowerCase(), name: Name, role: MemberRole });
export type AddMember = z.infer<typeof AddMember>;
export const ChangeMember = z.object({ role: MemberRole });
export type ChangeMember = z.infer<typeof ChangeMember>;

export const addMember = {
  id: 'addMember',
  method: 'POST',
  path: '/api/v1/members',
  status: 201,
  scope: 'members:write',
  summary: 'Make a person a member. Only owners make owners.',
  query: TenantQuery,
  body: AddMember,
  response: Member,
} satisfies OperationContract;

export const listMembers = {
  id: 'listMembers',
  method: 'GET',
  path: '/api/v1/members',
  status: 200,
  scope: 'members:read',
  summary: 'Members, oldest first.',
  query: PageQuery,
  response: z.object({ members: z.array(Member) }),
} satisfies OperationContract;

export const changeMember = {
  id: 'changeMember',
  method: 'PATCH',
  path: '/api/v1/members/:id',
  status: 200,
  scope: 'members:write',
  summary: 'Change a member’s role. The last owner stays one.',
  query: TenantQuery,
  body: ChangeMember,
  response: Member,
} satisfies OperationContract;

export const removeMember = {
  id: 'removeMember',
  method: 'DELETE',
  path: '/api/v1/members/:id',
  status: 204,
  scope: 'members:write',
  summary: 'End a membership, and the keys that the member made. The last owner stays.',
  query: TenantQuery,
} satisfies OperationContract;
