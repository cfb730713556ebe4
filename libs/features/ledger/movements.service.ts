import {
  type AvailableAccount,
  type GrantSource,
  type SpendableAccounts,
  type TenantAccounts,
  TRANSFER_CODES,
  type Transfer,
} from '#core/ledger/accounts';
import { Places, Ways } from '#features/ledger/places';
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
  return byTenant(
    await tx.prepared<AccountRow>('lock accounts', `${accountsSql()} FOR UPDATE OF a`, parametersOf(tenantIds)),
    tenantAccounts,
  );
}

/**
 * As `lockAccounts`, for what only reserves. Whoever moves a tenant's credits locks its reserved account, so that this one keeps all others
 * out; what was empty when this began to wait for it may have been filled meanwhile, and is still empty here.
 */
export async function lockSpendable(tx: HotTx, tenantIds: readonly string[]): Promise<Map<string, SpendableAccounts>> {
  return byTenant(
    await tx.prepared<AccountRow>('lock spendable accounts', `${accountsSql(IS_SPENDABLE)} FOR UPDATE OF a`, parametersOf(tenantIds)),
    spendableAccounts,
  );
}

/** The accounts as they are now, without a lock: what is decided by them has to be looked at again under one. */
export async function peekAccounts(tx: HotTx, tenantIds: readonly string[]): Promise<Map<string, TenantAccounts>> {
  return byTenant(await tx.prepared<AccountRow>('peek accounts', accountsSql(), parametersOf(tenantIds)), tenantAccounts);
}

/** Each grant is looked up by its account: planned once for any number of tenants, another join may read the grants of all of them for each. */
const accountsSql = (condition = 'true') => `
  SELECT a.tenant_id, a.id, a.kind, a.grant_id, a.balance_micro, g.priority, g.effective_at, g.expires_at, g.source, g.project_id, g.model_families
    FROM accounts a LEFT JOIN LATERAL (
           SELECT * FROM grants WHERE grants.tenant_id = a.tenant_id AND grants.id = a.grant_id OFFSET 0
         ) AS g ON true
   WHERE a.tenant_id = ANY ($1::uuid[]) AND g.closed_at IS NULL AND ${condition}
   ORDER BY a.tenant_id, a.id`;

const IS_SPENDABLE = `(a.kind = 'reserved' OR (a.kind = 'available' AND a.balance_micro > 0))`;

function parametersOf(tenantIds: readonly string[]): unknown[] {
  return [plainArray([...new Set(tenantIds)])];
}

function byTenant<Accounts>(rows: readonly AccountRow[], accountsOf: (tenantId: string, rows: readonly AccountRow[]) => Accounts) {
  return new Map([...Map.groupBy(rows, (row) => row.tenant_id)].map(([tenantId, ofTenant]) => [tenantId, accountsOf(tenantId, ofTenant)]));
}

function tenantAccounts(tenantId: string, rows: readonly AccountRow[]): TenantAccounts {
  return { ...spendableAccounts(tenantId, rows), spent: { id: theOne('spent', tenantId, rows).id } };
}

function spendableAccounts(tenantId: string, rows: readonly AccountRow[]): SpendableAccounts {
  const { id, balance_micro } = theOne('reserved', tenantId, rows);
  return {
    tenantId,
    available: rows.filter(({ kind }) => kind === 'available').map(availableAccount),
    reserved: { id, balanceMicro: BigInt(balance_micro) },
  };
}

function theOne(kind: AccountRow['kind'], tenantId: string, rows: readonly AccountRow[]): AccountRow {
  const row = rows.find((one) => one.kind === kind);
  if (!row) throw new Error(`tenant ${tenantId} lacks its ${kind} account`);
  return row;
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
export function saveMovements(
  tx: HotTx,
  accounts: ReadonlyMap<string, SpendableAccounts>,
  movements: readonly GenerationTransfers[],
): void {
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
export function movementCtes(first: number, accounts: Iterable<SpendableAccounts>, movements: readonly GenerationTransfers[]) {
  const tenants = new Places();
  const moved = new Places();
  const ways = new Ways();
  const rows: { way: number; generationId: string | null; amountMicro: bigint }[] = [];
  for (const { tenantId, generationId, transfers } of movements) {
    const tenant = tenants.of(tenantId);
    for (const { debitAccountId, creditAccountId, code, leg, amountMicro } of transfers) {
      const [debit, credit] = [moved.of(debitAccountId), moved.of(creditAccountId)];
      const way = ways.of({ tenant, debit, credit, code: TRANSFER_CODES.indexOf(code) + 1, leg });
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
      plainArray(ways.all.map(({ tenant }) => tenant)),
      plainArray(ways.all.map(({ debit }) => debit)),
      plainArray(ways.all.map(({ credit }) => credit)),
      plainArray(TRANSFER_CODES),
      plainArray(ways.all.map(({ code }) => code)),
      plainArray(ways.all.map(({ leg }) => leg)),
      plainArray(rows.map(({ way }) => way)),
      plainArray(rows.map(({ generationId }) => generationId)),
      plainArray(rows.map(({ amountMicro }) => amountMicro)),
    ],
  };
}
