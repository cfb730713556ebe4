import { z } from 'zod';
import { Name, PageQuery, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { CONNECTION_STATES, PROVIDERS } from '#core/access/connection';
import { MEMBER_ROLES } from '#core/access/scopes';

const DefaultRole = z.enum(MEMBER_ROLES).exclude(['owner']);

/** Over https; on this machine, for trying, also without. Whether it may be called at all is judged at every call. */
const Issuer = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((url) => url.startsWith('https:') || URL.parse(url)?.hostname === '127.0.0.1', 'must be an https URL');

const Configuration = z
  .object({
    issuer: z.string().meta({ description: 'Of SAML the provider’s entity id.' }),
    clientId: z.string().nullable().meta({ description: 'Of OpenID Connect.' }),
    ssoUrl: z.string().nullable().meta({ description: 'Of SAML.' }),
    certificates: z.array(z.object({ sha256: z.string(), expiresAt: When })).meta({
      description: 'Of SAML. Any of them may sign, so that one can follow another. An expired one still counts until it is replaced.',
    }),
  })
  .meta({ id: 'SignInConfiguration' });

const Connection = z
  .object({
    id: z.uuid(),
    kind: z.enum(['oidc', 'saml']),
    provider: z.enum(PROVIDERS),
    name: z.string(),
    state: z.enum(CONNECTION_STATES).meta({
      description: '`draft`: nobody signs in by it; `optional`: people of its domains may; `enforced`: they cannot sign in otherwise.',
    }),
    tested: Configuration.nullable().meta({ description: 'What passed a test. Unless the connection is a draft, people sign in by it.' }),
    edited: Configuration.nullable().meta({ description: 'What waits for its test.' }),
    isOwnerTested: z.boolean().meta({ description: 'Whether an owner passed the test of `tested`, which enforcing takes.' }),
    allowsIdpInitiated: z.boolean(),
    defaultRole: DefaultRole,
    callbackUrl: z.string().meta({
      description: 'To be entered at the identity provider: redirect URI or assertion consumer service. No other connection has it.',
    }),
    entityId: z.string().nullable().meta({ description: 'Of SAML, to be entered as audience. Metadata to import are at the same URL.' }),
    createdAt: When,
  })
  .meta({ id: 'SignInConnection' });

const Role = DefaultRole.meta({ description: 'Of people who come for the first time.' });
const AllowsIdpInitiated = z.boolean().meta({ description: 'Of SAML: whether people may begin at the identity provider.' });

export const CreateConnection = z.object({
  provider: z.enum(PROVIDERS).meta({ description: 'Whose steps are shown. `oidc` is by OpenID Connect, all others are by SAML 2.0.' }),
  name: Name,
  defaultRole: Role.default('viewer'),
  allowsIdpInitiated: AllowsIdpInitiated.default(false),
});
export type CreateConnection = z.infer<typeof CreateConnection>;

export const ChangeConnection = z.object({
  name: Name.optional(),
  defaultRole: Role.optional(),
  allowsIdpInitiated: AllowsIdpInitiated.optional(),
  state: z.enum(CONNECTION_STATES).optional(),
});
export type ChangeConnection = z.infer<typeof ChangeConnection>;

const MAX_METADATA_CHARACTERS = 200_000;
const MAX_CERTIFICATE_CHARACTERS = 10_000;

export const SetProvider = z.union([
  z.strictObject({ metadataXml: z.string().min(1).max(MAX_METADATA_CHARACTERS) }),
  z.strictObject({ metadataUrl: z.url({ protocol: /^https?$/ }).max(2_000) }),
  z.strictObject({
    issuer: z.string().min(1).max(1_024).meta({ description: 'Entity id of the identity provider.' }),
    ssoUrl: z.url({ protocol: /^https?$/ }).max(2_000),
    certificates: z.array(z.string().min(1).max(MAX_CERTIFICATE_CHARACTERS)).min(1).max(4),
  }),
  z.strictObject({ issuer: Issuer, clientId: z.string().min(1).max(256), clientSecret: z.string().min(1).max(512) }),
]);
export type SetProvider = z.infer<typeof SetProvider>;

/** What a provider sends, as its form carries it. */
const MAX_ENCODED_ANSWER_CHARACTERS = 360_000;
export const SamlAnswer = z.object({
  SAMLResponse: z.string().min(1).max(MAX_ENCODED_ANSWER_CHARACTERS),
  RelayState: z.string().max(2_000).default(''),
});
export type SamlAnswer = z.infer<typeof SamlAnswer>;

export const ArrivalQuery = z.object({ code: z.string().min(1).max(100) });

const MAX_PATH_CHARACTERS = 1_000;

export const OurPath = z
  .string()
  .max(MAX_PATH_CHARACTERS)
  .regex(/^\/(?![/\\])[\x21-\x7e]*$/, 'must be a path of ours');

export const SignInStart = z.object({
  email: z.email().max(254).toLowerCase(),
  returnTo: OurPath.default('/'),
});
export type SignInStart = z.infer<typeof SignInStart>;

export const createConnection = {
  id: 'createSignInConnection',
  method: 'POST',
  path: '/api/v1/sign-in/connections',
  status: 201,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Begin a connection to an identity provider: it has the URLs to be entered there. Then tell what the provider says of itself.',
  query: TenantQuery,
  body: CreateConnection,
  response: Connection,
} satisfies OperationContract;

export const setProvider = {
  id: 'setSignInProvider',
  method: 'PUT',
  path: '/api/v1/sign-in/connections/:id/provider',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  stepUp: true,
  summary:
    'Tell what the identity provider says of itself, by metadata or by its fields; also to change over to another certificate. It takes effect by a test; until then people sign in as before.',
  query: TenantQuery,
  body: SetProvider,
  response: Connection,
} satisfies OperationContract;

export const changeConnection = {
  id: 'changeSignInConnection',
  method: 'PATCH',
  path: '/api/v1/sign-in/connections/:id',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  stepUp: true,
  summary: 'Change a connection, turn it on or off, or enforce it: that takes an owner’s successful test of just these settings.',
  query: TenantQuery,
  body: ChangeConnection,
  response: Connection,
} satisfies OperationContract;

export const listConnections = {
  id: 'listSignInConnections',
  method: 'GET',
  path: '/api/v1/sign-in/connections',
  status: 200,
  scope: 'tenants:read',
  setup: 'sign_in',
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

export const getSamlMetadata = {
  id: 'getSamlMetadata',
  method: 'GET',
  path: '/api/v1/sign-in/connections/:id/metadata',
  status: 200,
  scope: null,
  summary: 'What an identity provider has to know of a connection by SAML, for it to import.',
  mediaTypes: ['application/samlmetadata+xml'],
} satisfies OperationContract;

export const answerSaml = {
  id: 'answerSaml',
  method: 'POST',
  path: '/api/v1/sign-in/connections/:id/saml',
  status: 303,
  scope: null,
  summary: 'Where the identity provider of a connection by SAML sends its answers.',
  body: SamlAnswer,
  bodyTypes: ['application/x-www-form-urlencoded'],
} satisfies OperationContract;

export const finishSaml = {
  id: 'finishSaml',
  method: 'GET',
  path: '/api/v1/sign-in/connections/:id/arrival',
  status: 303,
  scope: null,
  summary: 'Where the browser fetches its session after an answer by SAML.',
  query: ArrivalQuery,
} satisfies OperationContract;
