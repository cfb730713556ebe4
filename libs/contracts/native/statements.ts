import { z } from 'zod';
import { Credits, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { TRANSFER_CODES } from '#core/ledger/accounts';

const MAX_LINES = 1_000;

const StatementLine = z
  .object({
    id: z.uuid(),
    at: When,
    code: z.enum(TRANSFER_CODES),
    change: Credits.meta({ description: 'What the line adds to the balance; negative when it takes.' }),
    balance: Credits.meta({ description: 'Available and reserved credits after this line.' }),
    generationId: z.uuid().nullable(),
    model: z.string().nullable(),
    projectId: z.uuid().nullable(),
    labels: z.record(z.string(), z.string()),
  })
  .meta({ id: 'StatementLine' });

export const StatementQuery = TenantQuery.extend({
  from: When.optional(),
  to: When.optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LINES).default(100),
  format: z.enum(['json', 'csv']).default('json'),
});
export type StatementQuery = z.infer<typeof StatementQuery>;

const BALANCE_FORMS = 'Reserving and releasing move credits between available and reserved: they change no balance and are no lines.';

export const getStatement = {
  id: 'getStatement',
  method: 'GET',
  path: '/api/v1/ledger/statement',
  status: 200,
  scope: 'ledger:read',
  summary: `Every change of the tenant's balance, oldest first, with the balance after it. ${BALANCE_FORMS}`,
  query: StatementQuery,
  response: z.object({
    openingBalance: Credits,
    lines: z.array(StatementLine),
    nextCursor: z.string().nullable().meta({ description: 'For the next page; with CSV in the header x-halogen-next-cursor.' }),
  }),
  mediaTypes: ['text/csv'],
} satisfies OperationContract;

export const BalanceQuery = TenantQuery.extend({ at: When.optional().meta({ description: 'A past instant; now, when absent.' }) });
export type BalanceQuery = z.infer<typeof BalanceQuery>;

export const UsageQuery = TenantQuery.extend({
  from: When,
  to: When,
  by: z
    .enum(['model', 'project', 'tier', 'key', 'day', 'label', 'brand'])
    .meta({ description: '`brand` adds up an agency and each of its brands, by the id of the tenant; any other, one tenant alone.' }),
  label: z.string().min(1).max(60).optional().meta({ description: 'The label to tell usage apart by, with `by=label`.' }),
}).refine(({ by, label }) => (by === 'label') === (label !== undefined), { path: ['label'], message: 'label goes with by=label' });
export type UsageQuery = z.infer<typeof UsageQuery>;

export const getUsage = {
  id: 'getUsage',
  method: 'GET',
  path: '/api/v1/ledger/usage',
  status: 200,
  scope: 'ledger:read',
  summary:
    'What completed generations cost in a span of time, by model, project, tier, API key, label, UTC day or brand; refunds are taken off.',
  query: UsageQuery,
  response: z.object({
    usage: z
      .array(z.object({ group: z.string().nullable(), generations: z.number().int(), credits: Credits }))
      .meta({ description: 'At most 1,000 groups.' }),
  }),
} satisfies OperationContract;
