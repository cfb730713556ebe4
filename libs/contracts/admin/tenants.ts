import { z } from 'zod';
import { Credits, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const ROOT = '/api/v1/operations/tenants';

const OpenTenant = z.strictObject({ reason: z.string().trim().min(1).max(500) });
export type OpenTenant = z.infer<typeof OpenTenant>;

const OperatorView = z.object({ id: z.uuid(), reason: z.string(), openedAt: When, endsAt: When }).meta({ id: 'OperatorView' });

export const openTenant = {
  id: 'openTenant',
  method: 'POST',
  path: `${ROOT}/:id/views`,
  status: 201,
  scope: 'platform:read',
  stepUp: true,
  summary: 'Open a tenant, read-only, for an hour. The tenant sees who did, when and why, in its audit log and as a notice.',
  body: OpenTenant,
  response: OperatorView,
} satisfies OperationContract;

export const viewTenant = {
  id: 'viewTenant',
  method: 'GET',
  path: `${ROOT}/:id`,
  status: 200,
  scope: 'platform:read',
  summary: 'A tenant that one has opened: plan, limits, credits and incidents. Prompts and media are not in it.',
  response: z.object({
    id: z.uuid(),
    name: z.string(),
    parentTenantId: z.uuid().nullable(),
    serviceTier: z.enum(SERVICE_TIERS),
    createdAt: When,
    view: OperatorView,
    plan: z.string().nullable(),
    nextPlan: z.string().nullable(),
    limitPlan: z.string(),
    limits: z.array(z.object({ family: z.string(), concurrent: z.int(), createsPerMinute: z.int() })),
    availableCredits: Credits,
    reservedCredits: Credits,
    creditsLowAt: Credits.nullable(),
    incidents: z.array(
      z.object({
        kind: z.enum(['paused', 'failed', 'endpoint_disabled', 'unpaid_charge', 'guarantee_missed']),
        since: When,
        detail: z.string(),
      }),
    ),
    generations: z.array(
      z.object({
        id: z.uuid(),
        model: z.string(),
        serviceTier: z.string(),
        state: z.string(),
        createdAt: When,
        failureReason: z.string().nullable(),
      }),
    ),
  }),
} satisfies OperationContract;

export const listOperatorViews = {
  id: 'listOperatorViews',
  method: 'GET',
  path: '/api/v1/operator-views',
  status: 200,
  scope: 'audit:read',
  summary: `When the platform’s staff opened one’s tenant in the last 30 days, and why; newest first. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  response: z.object({ views: z.array(OperatorView) }),
} satisfies OperationContract;
