import { z } from 'zod';
import { TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { asDomain } from '#core/access/domains';

const SignInDomain = z
  .object({
    domain: z.string(),
    record: z
      .object({ type: z.literal('TXT'), name: z.string(), value: z.string() })
      .meta({ description: 'What the domain’s DNS must say, and go on saying.' }),
    claimedAt: When,
    verifiedAt: When.nullable().meta({ description: 'When the proof was seen last; null while it is missing.' }),
    connectionId: z.uuid().nullable().meta({
      description: 'The connection by which its people sign in. Null: an enforced one, else the oldest that is turned on.',
    }),
  })
  .meta({ id: 'SignInDomain' });

export const ClaimDomain = z.object({
  domain: z
    .string()
    .max(300)
    .transform((given, context) => {
      const domain = asDomain(given);
      if (domain !== undefined) return domain;
      context.addIssue('must be a domain such as acme.example');
      return z.NEVER;
    }),
});
export type ClaimDomain = z.infer<typeof ClaimDomain>;

export const claimDomain = {
  id: 'claimSignInDomain',
  method: 'POST',
  path: '/api/v1/sign-in/domains',
  status: 201,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Claim an e-mail domain. It counts once it is proven by a TXT record.',
  query: TenantQuery,
  body: ClaimDomain,
  response: SignInDomain,
} satisfies OperationContract;

export const listDomains = {
  id: 'listSignInDomains',
  method: 'GET',
  path: '/api/v1/sign-in/domains',
  status: 200,
  scope: 'tenants:read',
  setup: 'sign_in',
  summary: 'E-mail domains of the tenant, proven or not.',
  query: TenantQuery,
  response: z.object({ domains: z.array(SignInDomain) }),
} satisfies OperationContract;

export const verifyDomain = {
  id: 'verifySignInDomain',
  method: 'POST',
  path: '/api/v1/sign-in/domains/:domain/verify',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Look for the proof of a domain, for the first time or again. What was proven stays so when it is not found again.',
  query: TenantQuery,
  response: SignInDomain,
} satisfies OperationContract;

export const AssignDomain = z.object({ connectionId: z.uuid().nullable() });
export type AssignDomain = z.infer<typeof AssignDomain>;

export const assignDomain = {
  id: 'assignSignInDomain',
  method: 'PATCH',
  path: '/api/v1/sign-in/domains/:domain',
  status: 200,
  scope: 'tenants:write',
  setup: 'sign_in',
  summary: 'Name the connection by which the people of a domain sign in.',
  query: TenantQuery,
  body: AssignDomain,
  response: SignInDomain,
} satisfies OperationContract;

export const releaseDomain = {
  id: 'releaseSignInDomain',
  method: 'DELETE',
  path: '/api/v1/sign-in/domains/:domain',
  status: 204,
  scope: 'tenants:write',
  summary: 'Give a domain up. Nobody with such an address signs in by an identity provider of this tenant any more; sessions go on.',
  query: TenantQuery,
} satisfies OperationContract;
