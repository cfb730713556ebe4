import { z } from 'zod';
import { Name, PageQuery, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MEMBER_ROLES } from '#core/access/scopes';

const DefaultRole = z.enum(MEMBER_ROLES).exclude(['owner']);

/** Over https; on this machine, for trying, also without. Whether it may be called at all is judged at every call. */
const Issuer = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((url) => url.startsWith('https:') || URL.parse(url)?.hostname === '127.0.0.1', 'must be an https URL');

const Connection = z
  .object({
    id: z.uuid(),
    kind: z.enum(['oidc', 'saml']),
    name: z.string(),
    issuer: z.string(),
    clientId: z.string(),
    defaultRole: DefaultRole,
    callbackUrl: z.string().meta({ description: 'To be entered at the identity provider. No other connection has it.' }),
    createdAt: When,
  })
  .meta({ id: 'SignInConnection' });

export const CreateConnection = z.object({
  name: Name,
  issuer: Issuer,
  clientId: z.string().min(1).max(256),
  clientSecret: z.string().min(1).max(512),
  defaultRole: DefaultRole.default('viewer').meta({ description: 'Of people who come for the first time.' }),
});
export type CreateConnection = z.infer<typeof CreateConnection>;

const MAX_PATH_CHARACTERS = 1_000;

export const SignInStart = z.object({
  email: z.email().max(254).toLowerCase(),
  returnTo: z
    .string()
    .max(MAX_PATH_CHARACTERS)
    .regex(/^\/(?![/\\])[\x21-\x7e]*$/, 'must be a path of ours')
    .default('/'),
});
export type SignInStart = z.infer<typeof SignInStart>;

export const createConnection = {
  id: 'createSignInConnection',
  method: 'POST',
  path: '/api/v1/sign-in/connections',
  status: 201,
  scope: 'tenants:write',
  summary: 'Connect an identity provider by OpenID Connect. People of the tenant’s proven e-mail domains sign in by it.',
  query: TenantQuery,
  body: CreateConnection,
  response: Connection,
} satisfies OperationContract;

export const listConnections = {
  id: 'listSignInConnections',
  method: 'GET',
  path: '/api/v1/sign-in/connections',
  status: 200,
  scope: 'tenants:read',
  summary: 'Identity providers of the tenant, oldest first.',
  query: PageQuery,
  response: z.object({ connections: z.array(Connection) }),
} satisfies OperationContract;

export const removeConnection = {
  id: 'removeSignInConnection',
  method: 'DELETE',
  path: '/api/v1/sign-in/connections/:id',
  status: 204,
  scope: 'tenants:write',
  summary: 'Disconnect an identity provider. Nobody signs in by it any more; sessions go on.',
  query: TenantQuery,
} satisfies OperationContract;

export const startSignIn = {
  id: 'startSignIn',
  method: 'GET',
  path: '/api/v1/sign-in/start',
  status: 303,
  scope: null,
  summary: 'Go to the identity provider of an e-mail address. To be opened by navigation; it leads back to `returnTo`.',
  query: SignInStart,
} satisfies OperationContract;

export const finishSignIn = {
  id: 'finishSignIn',
  method: 'GET',
  path: '/api/v1/sign-in/connections/:id/callback',
  status: 303,
  scope: null,
  summary: 'Where the identity provider of a connection sends people back to.',
} satisfies OperationContract;
