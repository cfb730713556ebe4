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

const SamlFacts = z
  .object({
    entityId: z.string().meta({ description: 'To be entered as audience or entity id. Metadata to import are at the same URL.' }),
    ssoUrl: z.string().nullable(),
    certificates: z
      .array(z.object({ sha256: z.string(), expiresAt: When }))
      .meta({ description: 'Any of them may sign, so that one can follow another. An expired one still counts until it is replaced.' }),
    allowsIdpInitiated: z.boolean(),
  })
  .meta({ id: 'SamlConnection' });

const Connection = z
  .object({
    id: z.uuid(),
    kind: z.enum(['oidc', 'saml']),
    name: z.string(),
    issuer: z.string().nullable().meta({ description: 'Of SAML the provider’s entity id; null until the provider is entered.' }),
    clientId: z.string().nullable().meta({ description: 'Of OpenID Connect.' }),
    saml: SamlFacts.nullable(),
    defaultRole: DefaultRole,
    callbackUrl: z.string().meta({
      description: 'To be entered at the identity provider: redirect URI or assertion consumer service. No other connection has it.',
    }),
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

export const CreateSamlConnection = z.object({
  name: Name,
  defaultRole: DefaultRole.default('viewer').meta({ description: 'Of people who come for the first time.' }),
  allowsIdpInitiated: z.boolean().default(false).meta({ description: 'Whether people may begin at the identity provider.' }),
});
export type CreateSamlConnection = z.infer<typeof CreateSamlConnection>;

const MAX_METADATA_CHARACTERS = 200_000;
const MAX_CERTIFICATE_CHARACTERS = 10_000;

export const SetSamlProvider = z.union([
  z.strictObject({ metadataXml: z.string().min(1).max(MAX_METADATA_CHARACTERS) }),
  z.strictObject({ metadataUrl: z.url({ protocol: /^https?$/ }).max(2_000) }),
  z.strictObject({
    issuer: z.string().min(1).max(1_024).meta({ description: 'Entity id of the identity provider.' }),
    ssoUrl: z.url({ protocol: /^https?$/ }).max(2_000),
    certificates: z.array(z.string().min(1).max(MAX_CERTIFICATE_CHARACTERS)).min(1).max(4),
  }),
]);
export type SetSamlProvider = z.infer<typeof SetSamlProvider>;

/** What a provider sends, as its form carries it. */
const MAX_ENCODED_ANSWER_CHARACTERS = 360_000;
export const SamlAnswer = z.object({
  SAMLResponse: z.string().min(1).max(MAX_ENCODED_ANSWER_CHARACTERS),
  RelayState: z.string().max(2_000).default(''),
});
export type SamlAnswer = z.infer<typeof SamlAnswer>;

export const ArrivalQuery = z.object({ code: z.string().min(1).max(100) });

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
  setup: 'sign_in',
  summary: 'Connect an identity provider by OpenID Connect. People of the tenant’s proven e-mail domains sign in by it.',
  query: TenantQuery,
  body: CreateConnection,
  response: Connection,
} satisfies OperationContract;

export const createSamlConnection = {
  id: 'createSamlConnection',
  method: 'POST',
  path: '/api/v1/sign-in/saml-connections',
  status: 201,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Begin a connection by SAML 2.0: it has the URLs to be entered at the provider. Then tell what the provider says of itself.',
  query: TenantQuery,
  body: CreateSamlConnection,
  response: Connection,
} satisfies OperationContract;

export const setSamlProvider = {
  id: 'setSamlProvider',
  method: 'PUT',
  path: '/api/v1/sign-in/saml-connections/:id/provider',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Tell what the identity provider says of itself, by metadata or by its fields; also to change over to another certificate.',
  query: TenantQuery,
  body: SetSamlProvider,
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
