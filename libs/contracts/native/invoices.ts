import { z } from 'zod';
import { Credits, PageQuery, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { INVOICE_LINE_KINDS } from '#core/invoices/invoice-lines';

const ROOT = '/api/v1/invoices';
const MAX_TAX_RATE_BASIS_POINTS = 10_000;
const Cents = z.string().meta({ description: 'Whole cents of the currency, as a decimal string.' });
export const InvoiceText = z.string().trim();

const Party = z.object({ name: z.string(), address: z.string(), taxNumber: z.string().nullable() });

const InvoiceLine = z
  .object({
    kind: z.enum(INVOICE_LINE_KINDS).meta({
      description:
        'Plans and top-ups cost money; usage, overage (usage paid from top-ups beyond a plan) and commitments were paid from credits.',
    }),
    projectId: z.uuid().nullable(),
    projectName: z.string().nullable(),
    model: z.string().nullable(),
    serviceTier: z.string().nullable(),
    paidFrom: z.string().nullable().meta({ description: 'Source of the grants that paid for usage.' }),
    plan: z.string().nullable(),
    quantity: z.int().meta({ description: 'Generations, payments or grants.' }),
    credits: Credits.meta({ description: 'What it is about; negative when given back.' }),
    creditPriceMillicents: z.int().nullable().meta({ description: 'Of one credit, in thousandths of a cent, for what was bought.' }),
    amountCents: Cents,
  })
  .meta({ id: 'InvoiceLine' });

export const InvoiceSummary = z
  .object({
    id: z.string().meta({ description: 'Of a draft its month.' }),
    state: z.enum(['draft', 'issued']).meta({ description: 'Issued soon after its month has ended, then never changed.' }),
    number: z.string().nullable().meta({ description: 'Of the seller’s series, which has no gaps.' }),
    month: z.string().meta({ description: 'UTC, as `2026-11`.' }),
    issuedAt: When.nullable(),
    currency: z.literal('USD'),
    plan: z.string().nullable(),
    creditPriceMillicents: z.int(),
    subtotalCents: Cents,
    taxRateBasisPoints: z.int().meta({ description: 'Hundredths of a percent.' }),
    taxCents: Cents,
    totalCents: Cents,
  })
  .meta({ id: 'InvoiceSummary' });
export type InvoiceSummary = z.infer<typeof InvoiceSummary>;

export const InvoiceView = InvoiceSummary.extend({
  seller: Party,
  buyer: Party.extend({ country: z.string().nullable(), email: z.string().nullable() }),
  lines: z.array(InvoiceLine),
}).meta({ id: 'Invoice' });
export type InvoiceView = z.infer<typeof InvoiceView>;

const BillingDetails = z
  .object({
    name: z.string().meta({ description: 'On invoices; the tenant’s own name if empty.' }),
    address: z.string(),
    country: z.string().nullable(),
    taxNumber: z.string().nullable(),
    email: z.string().nullable(),
    taxRateBasisPoints: z.int(),
  })
  .meta({ id: 'BillingDetails' });

export const ChangeBillingDetails = z
  .strictObject({
    name: InvoiceText.max(200),
    address: InvoiceText.max(1_000).meta({ description: 'In lines.' }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .meta({ description: 'ISO 3166, two letters.' }),
    taxNumber: InvoiceText.max(50).nullable(),
    email: z.email().max(320).nullable(),
    taxRateBasisPoints: z.int().min(0).max(MAX_TAX_RATE_BASIS_POINTS).meta({ description: 'For platform staff.' }),
  })
  .partial();
export type ChangeBillingDetails = z.infer<typeof ChangeBillingDetails>;

const reads = { method: 'GET', status: 200, scope: 'ledger:read', query: TenantQuery } as const;
const BY_ID = 'By its id, or by its month (`2026-11`), which is a draft until it is issued.';

export const listInvoices = {
  ...reads,
  id: 'listInvoices',
  path: ROOT,
  summary: `Invoices, newest first: the first page begins with the draft of the month that runs. ${TENANT_PARAMETER}`,
  query: PageQuery,
  response: z.object({ invoices: z.array(InvoiceSummary) }),
} satisfies OperationContract;

export const getInvoice = {
  ...reads,
  id: 'getInvoice',
  path: `${ROOT}/:id`,
  summary: `An invoice with its lines: the settled transfers of its month, and what was bought and given. ${BY_ID}`,
  response: InvoiceView,
} satisfies OperationContract;

export const getInvoicePdf = {
  ...reads,
  id: 'getInvoicePdf',
  path: `${ROOT}/:id.pdf`,
  summary: `The same as a PDF. ${BY_ID}`,
  mediaTypes: ['application/pdf'],
} satisfies OperationContract;

export const getInvoiceLines = {
  ...reads,
  id: 'getInvoiceLines',
  path: `${ROOT}/:id/lines`,
  summary: `Its lines as CSV. ${BY_ID}`,
  mediaTypes: ['text/csv'],
} satisfies OperationContract;

export const getBillingDetails = {
  ...reads,
  id: 'getBillingDetails',
  path: '/api/v1/billing-details',
  summary: `Name, address and tax number that the next invoice will show. ${TENANT_PARAMETER}`,
  response: BillingDetails,
} satisfies OperationContract;

export const changeBillingDetails = {
  id: 'changeBillingDetails',
  method: 'PATCH',
  path: '/api/v1/billing-details',
  status: 200,
  scope: 'billing:write',
  summary: `Change what the next invoice will show. Issued invoices stay as they are. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: ChangeBillingDetails,
  response: BillingDetails,
} satisfies OperationContract;
