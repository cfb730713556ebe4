import { z } from 'zod';
import { Name, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MAX_SETUP_LINK_DAYS, SETUP_LINK_STATES, SETUP_PURPOSES } from '#core/access/setup-link';

const Purpose = z.enum(SETUP_PURPOSES);

const SetupLink = z
  .object({
    id: z.uuid(),
    purpose: Purpose,
    name: z.string(),
    state: z.enum(SETUP_LINK_STATES),
    createdBy: z.string().meta({ description: 'Id of the member or API key that made it.' }),
    createdAt: When,
    openedAt: When.nullable(),
    expiresAt: When.meta({ description: 'Of the link, and of what it opened.' }),
  })
  .meta({ id: 'SetupLink' });

export const CreateSetupLink = z.object({
  name: Name.meta({ description: 'For whom it is.' }),
  purpose: Purpose.default('sign_in'),
  days: z.int().min(1).max(MAX_SETUP_LINK_DAYS).default(MAX_SETUP_LINK_DAYS),
});
export type CreateSetupLink = z.infer<typeof CreateSetupLink>;

export const OpenSetup = z.object({ token: z.string().min(1).max(100) });
export type OpenSetup = z.infer<typeof OpenSetup>;

const Setup = z
  .object({
    linkId: z.uuid(),
    purpose: Purpose,
    tenantName: z.string(),
    expiresAt: When,
    csrfToken: z.string().meta({ description: 'To be sent as `x-halogen-csrf` with everything but GET.' }),
  })
  .meta({ id: 'Setup' });
export type Setup = z.infer<typeof Setup>;

export const createSetupLink = {
  id: 'createSetupLink',
  method: 'POST',
  path: '/api/v1/sign-in/setup-links',
  status: 201,
  scope: 'tenants:write',
  stepUp: true,
  summary: 'Make a link by which the customer’s IT sets sign-in up without an account. It is shown this once and can be opened once.',
  query: TenantQuery,
  body: CreateSetupLink,
  response: SetupLink.extend({ url: z.string() }),
} satisfies OperationContract;

export const listSetupLinks = {
  id: 'listSetupLinks',
  method: 'GET',
  path: '/api/v1/sign-in/setup-links',
  status: 200,
  scope: 'tenants:read',
  summary: 'Set-up links of the tenant, newest first, at most a hundred.',
  query: TenantQuery,
  response: z.object({ links: z.array(SetupLink) }),
} satisfies OperationContract;

export const revokeSetupLink = {
  id: 'revokeSetupLink',
  method: 'DELETE',
  path: '/api/v1/sign-in/setup-links/:id',
  status: 204,
  scope: 'tenants:write',
  summary: 'Revoke a set-up link, and what it opened. What was set up by it stays.',
  query: TenantQuery,
} satisfies OperationContract;

export const openSetup = {
  id: 'openSetup',
  method: 'POST',
  path: '/api/v1/setup',
  status: 200,
  scope: null,
  summary: 'Open a set-up link, once. The browser gets a cookie that does what the link is for, and nothing else.',
  body: OpenSetup,
  response: Setup,
} satisfies OperationContract;

export const getSetup = {
  id: 'getSetup',
  method: 'GET',
  path: '/api/v1/setup',
  status: 200,
  scope: null,
  setup: 'sign_in',
  summary: 'What this browser may set up, and until when.',
  response: Setup,
} satisfies OperationContract;
