import type { TenantAccounts, Transfer } from '#core/ledger/accounts';

/** The transfers of one generation, to be written. */
export interface GenerationTransfers {
  tenantId: string;
  generationId: string;
  transfers: readonly Transfer[];
}

/**
 * The part of a statement that writes a group's movements: new balances and transfers, one row set each.
 * @param first number of the first parameter that is free in the whole statement
 */
export function movementCtes(first: number, accounts: Iterable<TenantAccounts>, movements: readonly GenerationTransfers[]) {
  const balances = [...accounts].flatMap(({ tenantId, available, reserved }) =>
    [...available, reserved].map(({ id, balanceMicro }) => ({ tenantId, id, balanceMicro })),
  );
  const rows = movements.flatMap(({ tenantId, generationId, transfers }) =>
    transfers.map((transfer) => ({ tenantId, generationId, ...transfer })),
  );
  const at = (offset: number) => `$${first + offset}`;
  return {
    sql: `
      moved_accounts AS (
        UPDATE accounts a SET balance_micro = v.balance_micro
          FROM unnest(${at(0)}::uuid[], ${at(1)}::uuid[], ${at(2)}::bigint[]) AS v (tenant_id, id, balance_micro)
         WHERE a.tenant_id = v.tenant_id AND a.id = v.id AND a.balance_micro <> v.balance_micro
      ),
      written_transfers AS (
        INSERT INTO transfers (tenant_id, generation_id, debit_account_id, credit_account_id, amount_micro, code, leg)
        SELECT * FROM unnest(${at(3)}::uuid[], ${at(4)}::uuid[], ${at(5)}::uuid[], ${at(6)}::uuid[], ${at(7)}::bigint[], ${at(8)}::text[], ${at(9)}::smallint[])
      )`,
    parameters: [
      balances.map(({ tenantId }) => tenantId),
      balances.map(({ id }) => id),
      balances.map(({ balanceMicro }) => balanceMicro),
      rows.map(({ tenantId }) => tenantId),
      rows.map(({ generationId }) => generationId),
      rows.map(({ debitAccountId }) => debitAccountId),
      rows.map(({ creditAccountId }) => creditAccountId),
      rows.map(({ amountMicro }) => amountMicro),
      rows.map(({ code }) => code),
      rows.map(({ leg }) => leg),
    ],
    parameterCount: 10,
  };
}
