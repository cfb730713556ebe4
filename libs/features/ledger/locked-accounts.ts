import type { AvailableAccount, TenantAccounts } from '#core/ledger/accounts';
import type { Tx } from '#platform/database/tx';

interface AccountRow {
  tenant_id: string;
  id: string;
  kind: 'available' | 'reserved' | 'spent';
  grant_id: string | null;
  balance_micro: string;
  priority: number | null;
  effective_at: Date | null;
  expires_at: Date | null;
}

/**
 * Locks all accounts of these tenants until the transaction ends, and reads them as they are under the lock.
 * Locked in account order: two groups with tenants in common must never wait on each other.
 */
export async function lockAccounts(tx: Tx, tenantIds: readonly string[]): Promise<Map<string, TenantAccounts>> {
  const rows = await tx.query<AccountRow>(
    `SELECT a.tenant_id, a.id, a.kind, a.grant_id, a.balance_micro, g.priority, g.effective_at, g.expires_at
       FROM accounts a LEFT JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
      WHERE a.tenant_id = ANY ($1::uuid[])
      ORDER BY a.tenant_id, a.id
        FOR UPDATE OF a`,
    [[...new Set(tenantIds)]],
  );
  return new Map(
    [...Map.groupBy(rows, (row) => row.tenant_id)].map(([tenantId, accounts]) => [tenantId, tenantAccounts(tenantId, accounts)]),
  );
}

function tenantAccounts(tenantId: string, rows: readonly AccountRow[]): TenantAccounts {
  const reserved = rows.find(({ kind }) => kind === 'reserved');
  const spent = rows.find(({ kind }) => kind === 'spent');
  if (!reserved || !spent) throw new Error(`tenant ${tenantId} lacks its reserved or spent account`);
  return {
    tenantId,
    available: rows.filter(({ kind }) => kind === 'available').map(availableAccount),
    reserved: { id: reserved.id, balanceMicro: BigInt(reserved.balance_micro) },
    spent: { id: spent.id },
  };
}

function availableAccount(row: AccountRow): AvailableAccount {
  return {
    id: row.id,
    grantId: row.grant_id as string,
    balanceMicro: BigInt(row.balance_micro),
    priority: row.priority ?? 0,
    effectiveAt: row.effective_at as Date,
    expiresAt: row.expires_at,
  };
}
