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

/** The tenants are named for grants too: otherwise a small group would read the grants of all tenants. */
const ACCOUNTS = `
  SELECT a.tenant_id, a.id, a.kind, a.grant_id, a.balance_micro, g.priority, g.effective_at, g.expires_at, g.source, g.project_id, g.model_families
    FROM accounts a LEFT JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id AND g.tenant_id = ANY ($1::uuid[])
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
 * The part of a statement that writes a group's movements: new balances, and transfers that point at the ways between two accounts. Tenants,
 * accounts and ways are named once a statement, since Postgres reads an id slower than a number, and found by subscript: of arrays
 * without nulls whose elements are of one size that costs nothing.
 * @param first number of the first parameter that is free in the whole statement
 */
export function movementCtes(first: number, accounts: Iterable<TenantAccounts>, movements: readonly GenerationTransfers[]) {
  const tenants = new Places();
  const moved = new Places();
  const ways = new Places();
  const each: { tenant: number; debit: number; credit: number; code: number; leg: number }[] = [];
  const rows: { way: number; generationId: string | null; amountMicro: bigint }[] = [];
  for (const { tenantId, generationId, transfers } of movements) {
    for (const { debitAccountId, creditAccountId, code, leg, amountMicro } of transfers) {
      const way = ways.of(`${debitAccountId}${creditAccountId}${leg}${code}`);
      if (way > each.length) {
        const [debit, credit] = [moved.of(debitAccountId), moved.of(creditAccountId)];
        each.push({ tenant: tenants.of(tenantId), debit, credit, code: TRANSFER_CODES.indexOf(code) + 1, leg });
      }
      rows.push({ way, generationId, amountMicro });
    }
  }
  const balances = [...accounts].flatMap(({ tenantId, available, reserved }) =>
    [...available, reserved]
      .filter(({ id }) => moved.has(id))
      .map(({ id, balanceMicro }) => ({ tenant: tenants.of(tenantId), account: moved.of(id), balanceMicro })),
  );
  const at = (offset: number) => `$${first + offset}`;
  const tenantAt = (place: string) => `(${at(0)}::uuid[])[${place}]`;
  const accountAt = (place: string) => `(${at(1)}::uuid[])[${place}]`;
  const ofWay = (offset: number) => `(${at(offset)}::integer[])[t.way]`;
  return {
    sql: `
      moved_accounts AS (
        UPDATE accounts a SET balance_micro = v.balance_micro
          FROM unnest(${at(2)}::integer[], ${at(3)}::integer[], ${at(4)}::bigint[]) AS v (tenant, account, balance_micro)
         WHERE a.tenant_id = ${tenantAt('v.tenant')} AND a.id = ${accountAt('v.account')}
      ),
      written_transfers AS (
        INSERT INTO transfers (tenant_id, generation_id, debit_account_id, credit_account_id, amount_micro, code, leg)
        SELECT ${tenantAt(ofWay(5))}, t.generation_id, ${accountAt(ofWay(6))}, ${accountAt(ofWay(7))}, t.amount_micro,
               (${at(8)}::text[])[${ofWay(9)}], ${ofWay(10)}
          FROM unnest(${at(11)}::integer[], ${at(12)}::uuid[], ${at(13)}::bigint[]) AS t (way, generation_id, amount_micro)
      )`,
    parameters: [
      plainArray(tenants.keys()),
      plainArray(moved.keys()),
      plainArray(balances.map(({ tenant }) => tenant)),
      plainArray(balances.map(({ account }) => account)),
      plainArray(balances.map(({ balanceMicro }) => balanceMicro)),
      plainArray(each.map(({ tenant }) => tenant)),
      plainArray(each.map(({ debit }) => debit)),
      plainArray(each.map(({ credit }) => credit)),
      plainArray(TRANSFER_CODES),
      plainArray(each.map(({ code }) => code)),
      plainArray(each.map(({ leg }) => leg)),
      plainArray(rows.map(({ way }) => way)),
      plainArray(rows.map(({ generationId }) => generationId)),
      plainArray(rows.map(({ amountMicro }) => amountMicro)),
    ],
  };
}

/** Numbers what it is asked for from 1, as subscripts of Postgres count, in the order of the first time. */
class Places {
  private readonly places = new Map<string, number>();

  of(key: string): number {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.places.size + 1);
    return this.places.size;
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  keys(): string[] {
    return [...this.places.keys()];
  }
}
