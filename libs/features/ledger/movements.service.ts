import { type AvailableAccount, type GrantSource, type TenantAccounts, TRANSFER_CODES, type Transfer } from '#core/ledger/accounts';
import { plainArray } from '#platform/database/array-literals';
import type { HotTx } from '#platform/database/tx';

interface AccountRow {
  tenant_id: string;
  id: string;
  kind: 'available' | 'reserved' | 'spent';
  grant_id: string | null;
  balance_micro: string;
  priority: number | null;
  effective_at: Date | null;
  expires_at: Date | null;
  source: GrantSource | null;
  project_id: string | null;
  model_families: string[] | null;
}

/**
 * Locks all accounts of these tenants until the transaction ends, and reads them as they are under the lock.
 * Locked in account order: two groups with tenants in common must never wait on each other.
 */
export async function lockAccounts(tx: HotTx, tenantIds: readonly string[]): Promise<Map<string, TenantAccounts>> {
  return byTenant(await tx.prepared<AccountRow>('lock accounts', `${ACCOUNTS} FOR UPDATE OF a`, [plainArray([...new Set(tenantIds)])]));
}

/** The accounts as they are now, without a lock: what is decided by them has to be looked at again under one. */
export async function peekAccounts(tx: HotTx, tenantIds: readonly string[]): Promise<Map<string, TenantAccounts>> {
  return byTenant(await tx.prepared<AccountRow>('peek accounts', ACCOUNTS, [plainArray([...new Set(tenantIds)])]));
}

const ACCOUNTS = `
  SELECT a.tenant_id, a.id, a.kind, a.grant_id, a.balance_micro, g.priority, g.effective_at, g.expires_at, g.source, g.project_id, g.model_families
    FROM accounts a LEFT JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
   WHERE a.tenant_id = ANY ($1::uuid[]) AND g.closed_at IS NULL
   ORDER BY a.tenant_id, a.id`;

function byTenant(rows: readonly AccountRow[]): Map<string, TenantAccounts> {
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
    source: row.source as GrantSource,
    projectId: row.project_id,
    modelFamilies: row.model_families,
  };
}

/** Transfers of one tenant, to be written; of one generation, if they are about one. */
export interface GenerationTransfers {
  tenantId: string;
  generationId: string | null;
  transfers: readonly Transfer[];
}

/** Writes what a group decided, with the COMMIT; nothing when it moved nothing. */
export function saveMovements(tx: HotTx, accounts: ReadonlyMap<string, TenantAccounts>, movements: readonly GenerationTransfers[]): void {
  if (movements.length === 0) return;
  const { sql, parameters } = movementCtes(1, accounts.values(), movements);
  tx.last('ledger movements', `WITH ${sql} SELECT`, parameters);
}

/**
 * The part of a statement that writes a group's movements: new balances, and transfers that point at the ways between two accounts, which
 * are named once a statement. Ways are found by subscript: of arrays without nulls whose elements are of one size that costs nothing.
 * @param first number of the first parameter that is free in the whole statement
 */
export function movementCtes(first: number, accounts: Iterable<TenantAccounts>, movements: readonly GenerationTransfers[]) {
  const ways = new Map<string, { place: number; tenantId: string; transfer: Transfer }>();
  const rows: { place: number; generationId: string | null; amountMicro: bigint }[] = [];
  const moved = new Set<string>();
  for (const { tenantId, generationId, transfers } of movements) {
    for (const transfer of transfers) {
      const { debitAccountId, creditAccountId, code, leg, amountMicro } = transfer;
      const key = `${debitAccountId}${creditAccountId}${leg}${code}`;
      let way = ways.get(key);
      if (!way) {
        way = { place: ways.size + 1, tenantId, transfer };
        ways.set(key, way);
        moved.add(debitAccountId).add(creditAccountId);
      }
      rows.push({ place: way.place, generationId, amountMicro });
    }
  }
  const balances = [...accounts].flatMap(({ tenantId, available, reserved }) =>
    [...available, reserved].filter(({ id }) => moved.has(id)).map(({ id, balanceMicro }) => ({ tenantId, id, balanceMicro })),
  );
  const each = [...ways.values()];
  const at = (offset: number) => `$${first + offset}`;
  return {
    sql: `
      moved_accounts AS (
        UPDATE accounts a SET balance_micro = v.balance_micro
          FROM unnest(${at(0)}::uuid[], ${at(1)}::uuid[], ${at(2)}::bigint[]) AS v (tenant_id, id, balance_micro)
         WHERE a.tenant_id = v.tenant_id AND a.id = v.id
      ),
      written_transfers AS (
        INSERT INTO transfers (tenant_id, generation_id, debit_account_id, credit_account_id, amount_micro, code, leg)
        SELECT (${at(3)}::uuid[])[t.way], t.generation_id, (${at(4)}::uuid[])[t.way], (${at(5)}::uuid[])[t.way], t.amount_micro,
               (${at(6)}::text[])[(${at(7)}::smallint[])[t.way]], (${at(8)}::smallint[])[t.way]
          FROM unnest(${at(9)}::integer[], ${at(10)}::uuid[], ${at(11)}::bigint[]) AS t (way, generation_id, amount_micro)
      )`,
    parameters: [
      plainArray(balances.map(({ tenantId }) => tenantId)),
      plainArray(balances.map(({ id }) => id)),
      plainArray(balances.map(({ balanceMicro }) => balanceMicro)),
      plainArray(each.map(({ tenantId }) => tenantId)),
      plainArray(each.map(({ transfer }) => transfer.debitAccountId)),
      plainArray(each.map(({ transfer }) => transfer.creditAccountId)),
      plainArray(TRANSFER_CODES),
      plainArray(each.map(({ transfer }) => TRANSFER_CODES.indexOf(transfer.code) + 1)),
      plainArray(each.map(({ transfer }) => transfer.leg)),
      plainArray(rows.map(({ place }) => place)),
      plainArray(rows.map(({ generationId }) => generationId)),
      plainArray(rows.map(({ amountMicro }) => amountMicro)),
    ],
  };
}
