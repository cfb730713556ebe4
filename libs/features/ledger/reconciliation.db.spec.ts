import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FUNDING_ACCOUNT_ID } from '#core/ledger/accounts';
import { submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { rebuildBalances } from '#features/ledger/rebuild-balances.service';
import { Reconciliation } from '#features/ledger/reconciliation.service';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let control: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
});
afterAll(async () => {
  await owner.close();
  await control.close();
  await database.drop();
});

/** Does what no code of ours can do: changes rows of the ledger as a superuser, without triggers. */
const DAMAGES = [
  { invariant: 'I3', sql: `UPDATE accounts SET balance_micro = balance_micro + 1 WHERE tenant_id = $1 AND kind = 'available'` },
  { invariant: 'I4', sql: `UPDATE generations SET price_micro = price_micro + 1 WHERE tenant_id = $1` },
  { invariant: 'I1', sql: `UPDATE transfers SET debit_account_id = gen_random_uuid() WHERE tenant_id = $1 AND code = 'reserve'` },
  { invariant: 'I5', sql: `UPDATE transfers SET amount_micro = amount_micro + 1000000000 WHERE tenant_id = $1 AND code = 'reserve'` },
  {
    invariant: 'I6',
    sql: `INSERT INTO transfers (tenant_id, generation_id, debit_account_id, credit_account_id, amount_micro, code, leg)
          SELECT tenant_id, generation_id, credit_account_id, debit_account_id, amount_micro, 'release', 7 FROM transfers WHERE tenant_id = $1 AND code = 'reserve'`,
  },
  { invariant: 'I8', sql: `UPDATE generations SET state = 'completed' WHERE tenant_id = $1` },
  { invariant: 'I9', sql: `UPDATE grants SET amount_micro = amount_micro + 1 WHERE tenant_id = $1` },
];

it.each(DAMAGES)('finds what breaks $invariant, and nothing before it', async ({ invariant, sql }) => {
  const tenantId = await aTenantThatReserved();
  expect(await differencesOf(tenantId)).toEqual([]);
  await damage(sql, tenantId);
  expect((await differencesOf(tenantId)).map((difference) => difference.invariant.split(' ')[0])).toContain(invariant);
});

it('finds that transfers could be changed (I11)', async () => {
  await owner.query('ALTER TABLE transfers DISABLE TRIGGER immutable');
  const found = await ledgerDifferences(control);
  await owner.query('ALTER TABLE transfers ENABLE TRIGGER immutable');
  expect(found.filter(({ invariant }) => invariant.startsWith('I11'))).toHaveLength(1);
});

it('tells a tenant once of what lasts', async () => {
  const tenantId = await aTenantThatReserved();
  const reconciliation = new Reconciliation(control);
  await reconciliation.sweep();
  await damage(DAMAGES[0]?.sql as string, tenantId);
  for (const _ of [1, 2, 3]) await reconciliation.sweep();
  expect(await control.query('SELECT type FROM events WHERE tenant_id = $1', [tenantId])).toEqual([{ type: 'ledger.difference' }]);
});

it('rebuilds the balances of one tenant from its transfers, audited', async () => {
  const tenantId = await aTenantThatReserved();
  const balances = await balancesOf(tenantId);
  await damage('UPDATE accounts SET balance_micro = 0 WHERE tenant_id = $1', tenantId);
  const rebuilt = await control.transaction('rebuild', [], (tx) => rebuildBalances(tx, tenantId, 'a-test'));
  expect(rebuilt).toHaveLength(2);
  expect(await balancesOf(tenantId)).toEqual(balances);
  expect(await differencesOf(tenantId)).toEqual([]);
  const audited = await owner.query<{ action: string }>('SELECT action FROM audit_log WHERE tenant_id = $1', [tenantId]);
  expect(audited.map(({ action }) => action)).toEqual(['ledger.balance_rebuilt', 'ledger.balance_rebuilt']);
});

it('names an account of nobody', async () => {
  const tenantId = await aTenantThatReserved();
  await damage(
    `INSERT INTO transfers (tenant_id, debit_account_id, credit_account_id, amount_micro, code) VALUES ($1, '${FUNDING_ACCOUNT_ID}', '${randomUUID()}', 1, 'grant')`,
    tenantId,
  );
  expect(await differencesOf(tenantId)).toMatchObject([{ tenantId, what: expect.stringContaining('which the tenant does not have') }]);
});

async function aTenantThatReserved(): Promise<string> {
  const tenantId = await aTenant(control, 100_000_000n);
  await control.transaction('submit', [], (tx) => submitAll(tx, [anImage(tenantId)], false));
  return tenantId;
}

async function damage(sql: string, tenantId: string): Promise<void> {
  await owner.transaction('damage', [], async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    await tx.query(sql, [tenantId]);
  });
}

async function differencesOf(tenantId: string) {
  return (await ledgerDifferences(control)).filter((difference) => difference.tenantId === tenantId);
}

async function balancesOf(tenantId: string) {
  return control.query('SELECT kind, balance_micro FROM accounts WHERE tenant_id = $1 ORDER BY kind', [tenantId]);
}
