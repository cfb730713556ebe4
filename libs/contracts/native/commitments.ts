import { z } from 'zod';
import { Credits, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { COMMITMENT_ORIGINS, COMMITMENT_STATES } from '#core/capacity/commitment';
import { MAX_UNITS, MIN_UNITS } from '#core/capacity/limits';
import { TERMS } from '#core/capacity/prices';

const ROOT = '/api/v1/commitments';

const Day = z.iso.date().meta({ description: 'A day in UTC.' });
const Months = z.literal(TERMS);
const Units = z.int().min(1).max(MAX_UNITS);
const PoolClass = z.string().min(1).max(100);

export const OrderCommitment = z
  .strictObject({
    poolClass: PoolClass,
    units: Units.meta({ description: `At least ${MIN_UNITS}.` }),
    startsOn: Day.optional().meta({ description: 'Today if absent.' }),
    months: Months.optional(),
    endsWith: z.uuid().optional().meta({ description: 'A commitment of one’s own to end with, instead of a number of months.' }),
  })
  .refine(({ months, endsWith }) => (months === undefined) !== (endsWith === undefined), 'name either months or endsWith')
  .meta({ id: 'OrderCommitment' });
export type OrderCommitment = z.infer<typeof OrderCommitment>;

const Price = z.object({
  unitMonthUsd: z.string().meta({ description: 'List price of one unit for one month.' }),
  totalCredits: Credits,
  firstMonthCredits: Credits,
});

const CommitmentQuote = z
  .object({
    poolClass: z.string(),
    units: z.int(),
    startsOn: Day,
    endsOn: Day.meta({ description: 'The first day after.' }),
    price: Price,
    charges: z.array(z.object({ dueOn: Day, amountCredits: Credits })),
  })
  .meta({ id: 'CommitmentQuote' });
export type CommitmentQuote = z.infer<typeof CommitmentQuote>;

const Commitment = z
  .object({
    id: z.uuid(),
    tenantId: z.uuid(),
    poolClass: z.string(),
    units: z.int(),
    startsOn: Day,
    endsOn: Day.meta({ description: 'The first day after.' }),
    state: z.enum(COMMITMENT_STATES),
    origin: z.enum(COMMITMENT_ORIGINS),
    followsId: z.uuid().nullable().meta({ description: 'What it adds to, renews, ends with or was taken from.' }),
    unitMonthUsd: z.string(),
    totalCredits: Credits,
    paidCredits: Credits,
    overdueCredits: Credits,
    creditedCredits: Credits.meta({ description: 'Service credits for units that forced cuts took.' }),
    isRenewed: z.boolean(),
    orderedAt: When,
  })
  .meta({ id: 'Commitment' });
export type Commitment = z.infer<typeof Commitment>;

const ResizeCommitment = z.strictObject({ moreUnits: Units });
const RenewCommitment = z.strictObject({ months: Months });
const TransferCommitment = z.strictObject({
  toTenantId: z.uuid(),
  units: Units.optional().meta({ description: 'All of them if absent.' }),
});
export type TransferCommitment = z.infer<typeof TransferCommitment>;

export const quoteCommitment = {
  id: 'quoteCommitment',
  method: 'POST',
  path: `${ROOT}/quote`,
  status: 200,
  scope: 'capacity:read',
  summary: `What an order would be and cost. 409 \`no_capacity\` names the first failing day, the largest size and the earliest start that fit. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: OrderCommitment,
  response: CommitmentQuote,
} satisfies OperationContract;

export const orderCommitment = {
  id: 'orderCommitment',
  method: 'POST',
  path: ROOT,
  status: 201,
  scope: 'capacity:write',
  summary: `Order units. Accepted only if they exist on every day of the term; the first month is paid at once. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: OrderCommitment,
  response: Commitment,
} satisfies OperationContract;

export const listCommitments = {
  id: 'listCommitments',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'capacity:read',
  summary: `A tenant’s commitments, those that begin last first. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  response: z.object({ commitments: z.array(Commitment) }),
} satisfies OperationContract;

export const getCommitment = {
  id: 'getCommitment',
  method: 'GET',
  path: `${ROOT}/:id`,
  status: 200,
  scope: 'capacity:read',
  summary: `One commitment. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  response: Commitment,
} satisfies OperationContract;

export const resizeCommitment = {
  id: 'resizeCommitment',
  method: 'POST',
  path: `${ROOT}/:id/resize`,
  status: 201,
  scope: 'capacity:write',
  summary: `Add units that end with this commitment, at the price of the term they still have. Answers the commitment of the added units. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: ResizeCommitment,
  response: Commitment,
} satisfies OperationContract;

export const renewCommitment = {
  id: 'renewCommitment',
  method: 'POST',
  path: `${ROOT}/:id/renew`,
  status: 201,
  scope: 'capacity:write',
  summary: `Continue the same units for another term. Answers the commitment that follows. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: RenewCommitment,
  response: Commitment,
} satisfies OperationContract;

export const transferCommitment = {
  id: 'transferCommitment',
  method: 'POST',
  path: `${ROOT}/:id/transfer`,
  status: 200,
  scope: 'capacity:write',
  summary: `Give units to another tenant of the same agency, from today or from the beginning on. Unpaid months go with them. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: TransferCommitment,
  response: z.object({ moved: Commitment, rest: Commitment.nullable() }),
} satisfies OperationContract;

export const cancelCommitment = {
  id: 'cancelCommitment',
  method: 'POST',
  path: `${ROOT}/:id/cancel`,
  status: 200,
  scope: 'capacity:write',
  summary: `Cancel a commitment before it begins. What was paid is given back. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  response: Commitment,
} satisfies OperationContract;
