import { z } from 'zod';
import { Credits, CreditsAboveZero, Name, PageQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const Tenant = z
  .object({
    id: z.uuid(),
    name: z.string(),
    parentTenantId: z.uuid().nullable(),
    creditsLowAt: Credits.nullable(),
    serviceTier: z.enum(SERVICE_TIERS).meta({ description: 'Of requests that name none, unless their key or project does.' }),
    createdAt: When,
  })
  .meta({ id: 'Tenant' });

export const CreateTenant = z.object({
  name: Name,
  parentTenantId: z.uuid().optional().meta({ description: 'The agency of a brand. An agency’s own key makes brands of that agency.' }),
});
export type CreateTenant = z.infer<typeof CreateTenant>;

export const UpdateTenant = z
  .object({ name: Name, creditsLowAt: CreditsAboveZero.nullable(), serviceTier: z.enum(SERVICE_TIERS) })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'name at least one field');
export type UpdateTenant = z.infer<typeof UpdateTenant>;

export const createTenant = {
  id: 'createTenant',
  method: 'POST',
  path: '/api/v1/tenants',
  status: 201,
  scope: 'tenants:write',
  summary: 'Make a brand of one’s agency; platform operators make agencies and brands. Agencies and brands are one level.',
  body: CreateTenant,
  response: Tenant,
} satisfies OperationContract;

export const listTenants = {
  id: 'listTenants',
  method: 'GET',
  path: '/api/v1/tenants',
  status: 200,
  scope: 'tenants:read',
  summary: 'One’s own tenant and its brands; all tenants for platform staff.',
  query: PageQuery.omit({ tenant: true }),
  response: z.object({ tenants: z.array(Tenant) }),
} satisfies OperationContract;

export const getTenant = {
  id: 'getTenant',
  method: 'GET',
  path: '/api/v1/tenants/:id',
  status: 200,
  scope: 'tenants:read',
  summary: 'One tenant.',
  response: Tenant,
} satisfies OperationContract;

export const updateTenant = {
  id: 'updateTenant',
  method: 'PATCH',
  path: '/api/v1/tenants/:id',
  status: 200,
  scope: 'tenants:write',
  summary: 'Change a tenant’s name, its default service tier, or from which amount on `credits.low` is told.',
  body: UpdateTenant,
  response: Tenant,
} satisfies OperationContract;
