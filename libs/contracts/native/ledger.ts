import { z } from 'zod';
import { BalanceQuery } from '#contracts/native/statements';
import type { OperationContract } from '#contracts/operation';
import { PLATFORM_ACCOUNTS, TRANSFER_CODES } from '#core/ledger/accounts';

const AccountName = z.enum(['available', 'reserved', 'spent', ...(Object.keys(PLATFORM_ACCOUNTS) as (keyof typeof PLATFORM_ACCOUNTS)[])]);

const Transfer = z
  .object({
    id: z.uuid(),
    generationId: z.uuid().nullable(),
    code: z.enum(TRANSFER_CODES),
    debit: AccountName,
    credit: AccountName,
    amountCredits: z.string().meta({ description: 'Decimal string, exact to a millionth.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Transfer' });
export type Transfer = z.infer<typeof Transfer>;

const MAX_TRANSFERS = 100;

export const TransfersQuery = z.object({
  generation: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_TRANSFERS).default(MAX_TRANSFERS),
});
export type TransfersQuery = z.infer<typeof TransfersQuery>;

export const listTransfers = {
  id: 'listTransfers',
  method: 'GET',
  path: '/api/v1/ledger/transfers',
  status: 200,
  scope: 'ledger:read',
  summary: 'Transfers of the tenant, or those of one generation, oldest first.',
  query: TransfersQuery,
  response: z.object({ transfers: z.array(Transfer) }),
} satisfies OperationContract;

export const getBalance = {
  id: 'getBalance',
  method: 'GET',
  path: '/api/v1/ledger/balance',
  status: 200,
  scope: 'ledger:read',
  summary: 'What the tenant may spend and what its unfinished generations hold: now, or at a past instant by its transfers.',
  query: BalanceQuery,
  response: z.object({ availableCredits: z.string(), reservedCredits: z.string() }),
} satisfies OperationContract;
