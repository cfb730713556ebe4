import { recordAudit } from '#features/audit/audit.service';
import { lockAccounts } from '#features/ledger/movements.service';
import type { HotTx } from '#platform/database/tx';

/** A balance that was not the fold of its transfers, and now is. */
export interface RebuiltBalance {
  accountId: string;
  previousMicro: string;
  balanceMicro: string;
}

/**
 * Writes a tenant's balances anew from its transfers, which stay as they are: balances are a projection. What was changed is audited.
 * @param tx of the control role
 */
export async function rebuildBalances(tx: HotTx, tenantId: string, by: string): Promise<RebuiltBalance[]> {
  await lockAccounts(tx, [tenantId]);
  const rebuilt = await tx.query<{ id: string; previous_micro: string; balance_micro: string }>(
    `UPDATE accounts a SET balance_micro = folded.fold
       FROM (SELECT b.id, b.balance_micro AS previous_micro,
                    (SELECT coalesce(sum(CASE t.credit_account_id WHEN b.id THEN t.amount_micro ELSE -t.amount_micro END), 0)
                       FROM transfers t WHERE t.tenant_id = b.tenant_id AND b.id IN (t.credit_account_id, t.debit_account_id)) AS fold
               FROM accounts b WHERE b.tenant_id = $1 AND b.kind <> 'spent') AS folded
      WHERE a.tenant_id = $1 AND a.id = folded.id AND a.balance_micro <> folded.fold
      RETURNING a.id, folded.previous_micro, a.balance_micro`,
    [tenantId],
  );
  await recordAudit(
    tx,
    rebuilt.map(({ id, previous_micro, balance_micro }) => ({
      tenantId,
      actor: { kind: 'system', id: by },
      action: 'ledger.balance_rebuilt',
      targetId: id,
      data: { previousMicro: previous_micro, balanceMicro: balance_micro },
    })),
  );
  return rebuilt.map(({ id, previous_micro, balance_micro }) => ({
    accountId: id,
    previousMicro: previous_micro,
    balanceMicro: balance_micro,
  }));
}
