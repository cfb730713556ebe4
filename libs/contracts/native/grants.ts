import { z } from 'zod';
import { Credits, CreditsGiven, PageQuery, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';

const Source = z.enum(['plan_period', 'top_up', 'promotion', 'service_credit']);

const Grant = z
  .object({
    id: z.uuid(),
    source: Source,
    amount: Credits,
    remaining: Credits,
    priority: z.number().int().meta({ description: 'Smaller burns first.' }),
    effectiveAt: When,
    expiresAt: When.nullable(),
    closedAt: When.nullable(),
    projectId: z.uuid().nullable().meta({ description: 'For work of this project only.' }),
    modelFamilies: z.array(z.string()).nullable().meta({ description: 'For models of these families only, as `ray`.' }),
  })
  .meta({ id: 'Grant' });

const MAX_FAMILIES = 20;
const MAX_REASON = 500;
const Reason = z.string().trim().min(1).max(MAX_REASON);

export const CreateGrant = z.object({
  id: z.uuid().optional().meta({ description: 'Chosen by the caller, so that a repeated request grants once.' }),
  source: z.enum(['top_up', 'promotion', 'service_credit']),
  amount: CreditsGiven,
  priority: z.number().int().min(-100).max(100).optional(),
  effectiveAt: When.optional(),
  expiresAt: When.optional(),
  projectId: z.uuid().optional(),
  modelFamilies: z.array(z.string().min(1).max(30)).min(1).max(MAX_FAMILIES).optional(),
  reason: Reason.optional(),
});
export type CreateGrant = z.infer<typeof CreateGrant>;

export const FundBrand = z.object({ tenantId: z.uuid().meta({ description: 'A brand of the caller’s agency.' }), amount: CreditsGiven });
export type FundBrand = z.infer<typeof FundBrand>;

export const Adjust = z.object({ direction: z.enum(['give', 'take']), amount: CreditsGiven, reason: Reason });
export type Adjust = z.infer<typeof Adjust>;

export const RefundGeneration = z.object({
  generationId: z.uuid(),
  amount: CreditsGiven.optional().meta({ description: 'All that is left to refund, when absent.' }),
  reason: Reason,
});
export type RefundGeneration = z.infer<typeof RefundGeneration>;

export const listGrants = {
  id: 'listGrants',
  method: 'GET',
  path: '/api/v1/ledger/grants',
  status: 200,
  scope: 'ledger:read',
  summary: 'Grants and what is left of them.',
  query: PageQuery,
  response: z.object({ grants: z.array(Grant) }),
} satisfies OperationContract;

export const createGrant = {
  id: 'createGrant',
  method: 'POST',
  path: '/api/v1/ledger/grants',
  status: 201,
  scope: 'platform:operate',
  stepUp: true,
  summary: `Give a tenant credits: a top-up, a promotion, a service credit. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: CreateGrant,
  response: Grant,
} satisfies OperationContract;

export const fundBrand = {
  id: 'fundBrand',
  method: 'POST',
  path: '/api/v1/ledger/funding',
  status: 201,
  scope: 'billing:write',
  stepUp: true,
  summary: 'Move credits from an agency to one of its brands. What the credits were and when they end goes with them.',
  body: FundBrand,
  response: z.object({ grants: z.array(Grant) }),
} satisfies OperationContract;

export const adjustCredits = {
  id: 'adjustCredits',
  method: 'POST',
  path: '/api/v1/ledger/adjustments',
  status: 201,
  scope: 'platform:operate',
  stepUp: true,
  summary: `Correct a tenant’s credits by new transfers, with a reason. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: Adjust,
  response: z.object({ amount: Credits }),
} satisfies OperationContract;

export const refundGeneration = {
  id: 'refundGeneration',
  method: 'POST',
  path: '/api/v1/ledger/refunds',
  status: 201,
  scope: 'platform:operate',
  stepUp: true,
  summary: `Return what a completed generation cost to the grants it came from, or to a service credit if they have ended. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: RefundGeneration,
  response: z.object({ generationId: z.uuid(), refunded: Credits }),
} satisfies OperationContract;
