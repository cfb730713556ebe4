import { z } from 'zod';
import { When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { ROLES, SCOPES } from '#core/access/scopes';
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS } from '#core/access/sign-in-limits';

const MyTenant = z
  .object({
    id: z.uuid(),
    name: z.string(),
    parentTenantId: z.uuid().nullable(),
    memberId: z.uuid(),
    role: z.enum(ROLES).meta({ description: 'To be shown. What may be done is in `actions`.' }),
    actions: z.array(z.enum(SCOPES)).meta({ description: 'What this person may do here. A page shows what its action is in.' }),
    signedInBy: z.enum(['password', 'code', 'oidc', 'saml']),
    verifiedAt: When.meta({ description: 'When they last proved who they are.' }),
    brands: z
      .array(z.object({ id: z.uuid(), name: z.string() }))
      .meta({ description: 'Of an agency: the same actions are allowed there.' }),
  })
  .meta({ id: 'MyTenant' });

export const Me = z
  .object({
    person: z.object({ id: z.uuid(), email: z.string(), name: z.string() }),
    isStaff: z.boolean().meta({ description: 'An operator or auditor of the platform.' }),
    csrfToken: z.string().meta({ description: 'To be sent as `x-halogen-csrf` with everything but GET and HEAD.' }),
    session: z.object({ id: z.uuid(), openedAt: When, endsAt: When.meta({ description: 'Unless it is used before.' }) }),
    tenants: z
      .array(MyTenant)
      .meta({ description: 'Tenants this session opens. `x-halogen-tenant` names the one to act in, or a brand of it.' }),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

export const PasswordSignIn = z.object({
  email: z.email().max(254).toLowerCase(),
  password: z.string().min(1).max(MAX_PASSWORD_CHARACTERS),
});
export type PasswordSignIn = z.infer<typeof PasswordSignIn>;

export const SetPassword = z.object({ password: z.string().min(MIN_PASSWORD_CHARACTERS).max(MAX_PASSWORD_CHARACTERS) });
export type SetPassword = z.infer<typeof SetPassword>;

export const signInWithPassword = {
  id: 'signInWithPassword',
  method: 'POST',
  path: '/api/v1/sign-in',
  status: 200,
  scope: null,
  summary: 'Sign in as an owner past the identity provider. It is audited and told to all owners. Opens every tenant whose password it is.',
  body: PasswordSignIn,
  response: Me,
} satisfies OperationContract;

export const signInAsStaff = {
  id: 'signInAsStaff',
  method: 'POST',
  path: '/api/v1/operations/sign-in',
  status: 200,
  scope: null,
  summary: 'Sign in as an operator or auditor of the platform.',
  body: PasswordSignIn,
  response: Me,
} satisfies OperationContract;

export const getMe = {
  id: 'getMe',
  method: 'GET',
  path: '/api/v1/me',
  status: 200,
  scope: null,
  session: true,
  summary: 'Who is signed in, in which tenants they may act, and what they may do there.',
  response: Me,
} satisfies OperationContract;

export const setMyPassword = {
  id: 'setMyPassword',
  method: 'PUT',
  path: '/api/v1/me/password',
  status: 204,
  scope: null,
  session: true,
  summary: 'Set the password by which one signs in as an owner of the tenant that x-halogen-tenant names.',
  body: SetPassword,
} satisfies OperationContract;

export const signOut = {
  id: 'signOut',
  method: 'POST',
  path: '/api/v1/sign-out',
  status: 204,
  scope: null,
  session: true,
  summary: 'End the session.',
} satisfies OperationContract;
