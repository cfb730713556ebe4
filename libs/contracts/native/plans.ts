import { z } from 'zod';
import { Credits, PageQuery, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { PLAN_NAMES } from '#core/ledger/plans';

const PlanOfTenant = z
  .object({
    plan: z.enum(PLAN_NAMES).nullable(),
    since: When.nullable(),
    nextPlan: z.enum(PLAN_NAMES).nullable(),
    nextAt: When.nullable(),
  })
  .meta({ id: 'PlanOfTenant' });

const PlanCharge = z
  .object({
    id: z.uuid(),
    plan: z.enum(PLAN_NAMES),
    usdCents: z.int().min(1),
    startsAt: When,
    endsAt: When.meta({ description: 'The period ends before it.' }),
    createdAt: When,
  })
  .meta({ id: 'PlanCharge' });

export const SetPlan = z.object({ plan: z.enum(PLAN_NAMES) });
export type SetPlan = z.infer<typeof SetPlan>;

export const getPlan = {
  id: 'getPlan',
  method: 'GET',
  path: '/api/v1/plan',
  status: 200,
  scope: 'ledger:read',
  summary: 'The tenant’s plan, and the one that follows it.',
  query: TenantQuery,
  response: PlanOfTenant,
} satisfies OperationContract;

export const setPlan = {
  id: 'setPlan',
  method: 'PUT',
  path: '/api/v1/plan',
  status: 200,
  scope: 'platform:operate',
  summary: `Change a tenant's plan. A larger one begins at once, prorated; a smaller one with the next UTC month. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: SetPlan,
  response: PlanOfTenant.extend({
    grantedNow: Credits,
    chargeUsdCents: z.number().int().meta({ description: 'What the change costs for the rest of the month.' }),
  }).meta({ id: 'PlanChange' }),
} satisfies OperationContract;

export const listPlanCharges = {
  id: 'listPlanCharges',
  method: 'GET',
  path: '/api/v1/plan/charges',
  status: 200,
  scope: 'ledger:read',
  summary: `What the tenant's plans have cost, newest first: a charge for each period, and for the rest of the month after an upgrade. ${TENANT_PARAMETER}`,
  query: PageQuery,
  response: z.object({ charges: z.array(PlanCharge) }),
} satisfies OperationContract;
