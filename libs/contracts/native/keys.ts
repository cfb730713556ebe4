import { z } from 'zod';
import { Credits, CreditsGiven, Name, PageQuery, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { ROLES, SCOPES } from '#core/access/scopes';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const ApiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string().meta({ description: 'First characters of the key, to recognize it by.' }),
    scopes: z.array(z.string()),
    projectId: z.uuid().nullable(),
    serviceTier: z.enum(SERVICE_TIERS).nullable().meta({ description: 'Of requests that name none; null for its project’s.' }),
    monthlyCap: Credits.nullable(),
    createsPerMinute: z.number().int().nullable(),
    maxConcurrent: z.number().int().nullable(),
    createdAt: When,
    expiresAt: When.nullable(),
    revokedAt: When.nullable(),
    lastUsedAt: When.nullable().meta({ description: 'Exact to about a minute.' }),
    replacesKeyId: z.uuid().nullable(),
  })
  .meta({ id: 'ApiKey' });
const NewApiKey = ApiKey.extend({ key: z.string().meta({ description: 'The key itself, shown this once.' }) }).meta({ id: 'NewApiKey' });

const MAX_LIMIT = 1_000_000;

export const CreateKey = z
  .object({
    name: Name,
    scopes: z.array(z.enum(SCOPES)).min(1).optional(),
    role: z.enum(ROLES).optional().meta({ description: 'The scopes of this role, instead of naming them.' }),
    projectId: z.uuid().optional(),
    serviceTier: z.enum(SERVICE_TIERS).optional(),
    expiresAt: When.optional(),
    monthlyCap: CreditsGiven.optional(),
    createsPerMinute: z.number().int().min(1).max(MAX_LIMIT).optional(),
    maxConcurrent: z.number().int().min(1).max(MAX_LIMIT).optional(),
  })
  .refine(({ scopes, role }) => (scopes === undefined) !== (role === undefined), 'name either scopes or a role');
export type CreateKey = z.infer<typeof CreateKey>;

const DAY_S = 86_400;

export const RotateKey = z.object({
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * DAY_S)
    .default(DAY_S)
    .meta({ description: 'How long the old key goes on working beside the new one.' }),
});
export type RotateKey = z.infer<typeof RotateKey>;

export const createKey = {
  id: 'createKey',
  method: 'POST',
  path: '/api/v1/keys',
  status: 201,
  scope: 'keys:write',
  stepUp: true,
  summary: 'Make an API key. It is shown once, and may do no more than the key that makes it.',
  query: TenantQuery,
  body: CreateKey,
  response: NewApiKey,
} satisfies OperationContract;

export const listKeys = {
  id: 'listKeys',
  method: 'GET',
  path: '/api/v1/keys',
  status: 200,
  scope: 'keys:read',
  summary: 'API keys, oldest first, without the keys themselves.',
  query: PageQuery,
  response: z.object({ keys: z.array(ApiKey) }),
} satisfies OperationContract;

export const rotateKey = {
  id: 'rotateKey',
  method: 'POST',
  path: '/api/v1/keys/:id/rotate',
  status: 201,
  scope: 'keys:write',
  stepUp: true,
  summary: 'Replace a key by a new one that may do the same; both work for the overlap.',
  query: TenantQuery,
  body: RotateKey,
  response: NewApiKey,
} satisfies OperationContract;

export const revokeKey = {
  id: 'revokeKey',
  method: 'DELETE',
  path: '/api/v1/keys/:id',
  status: 204,
  scope: 'keys:write',
  summary: 'Revoke a key. Within five seconds no process takes it any more.',
  query: TenantQuery,
} satisfies OperationContract;
