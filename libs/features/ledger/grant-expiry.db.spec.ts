import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunsService } from '#features/generations/runs.service';
import { submitAll } from '#features/generations/submit-group';
import { GrantExpiry } from '#features/ledger/grant-expiry.service';
import { grantCredits } from '#features/ledger/grants.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let owner: HotPool;
let expiry: GrantExpiry;
let runs: RunsService;
let nodeId: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  expiry = new GrantExpiry(control);
  runs = new RunsService(control);
  nodeId = await aNode(control, 4);
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await control.close();
  await owner.close();
  await database.drop();
});

const imagePrice = 5_000_000n;

it('takes what is left of an expired grant, once, and says so', async () => {
  const { tenantId, grantId } = await anExpiringTenant(3n * imagePrice);
  await passExpiry(grantId);
  await Promise.all([expiry.sweep(), new GrantExpiry(control).sweep()]);
  expect(await transfersOf(tenantId)).toEqual(['grant 15000000', 'expire 15000000']);
  expect(await eventsOf(tenantId)).toEqual([{ type: 'grant.expired', data: { grantId, expiredCredits: '15' } }]);
});

it('lets a running generation keep and spend what it reserved of a grant that expires meanwhile', async () => {
  const { tenantId, grantId } = await anExpiringTenant(3n * imagePrice);
  const lease = await aRun(tenantId, 0);
  await passExpiry(grantId);
  await expiry.sweep();
  expect(await runs.settle(lease)).toBe('completed');
  expect(await transfersOf(tenantId)).toEqual(['grant 15000000', 'reserve 5000000', 'expire 10000000', 'settle 5000000']);
});

it.each(['before', 'after'])('sends a release to breakage when its grant has expired, %s the grant was closed', async (when) => {
  const { tenantId, grantId } = await anExpiringTenant(imagePrice);
  const lease = await aRun(tenantId, when === 'before' ? 1 : 2);
  await passExpiry(grantId);
  if (when === 'after') await expiry.sweep();
  await runs.release(lease, 'Job failed');
  await expiry.sweep();
  const balances = await control.query<{ kind: string; balance_micro: string }>(
    `SELECT kind, balance_micro FROM accounts WHERE tenant_id = $1 AND kind <> 'spent' ORDER BY kind`,
    [tenantId],
  );
  expect(balances).toEqual([
    { kind: 'available', balance_micro: '0' },
    { kind: 'reserved', balance_micro: '0' },
  ]);
});

it('warns once of a grant that expires within a week', async () => {
  const { tenantId, grantId } = await anExpiringTenant(imagePrice);
  await expiry.sweep();
  await expiry.sweep();
  expect(await eventsOf(tenantId)).toMatchObject([{ type: 'grant.expiring', data: { grantId, remainingCredits: '5' } }]);
});

async function anExpiringTenant(amountMicro: bigint) {
  const tenantId = await aTenant(control, 0n);
  const grantId = randomUUID();
  const expiresAt = new Date(Date.now() + 3_600_000);
  await control.transaction('grant', [], (tx) =>
    grantCredits(tx, { tenantId, id: grantId, accountId: randomUUID(), amountMicro, expiresAt }),
  );
  return { tenantId, grantId };
}

/** Time does not pass in a test: the grant's end moves instead. */
async function passExpiry(grantId: string): Promise<void> {
  await owner.query(`UPDATE grants SET expires_at = now() - interval '1 second', expiring_told_at = now() WHERE id = $1`, [grantId]);
}

async function aRun(tenantId: string, lane: number) {
  const command = anImage(tenantId);
  await control.transaction('submit', [], (tx) => submitAll(tx, [command], false));
  return admitted(control, command, `${nodeId}/${lane}`);
}

async function transfersOf(tenantId: string): Promise<string[]> {
  const rows = await control.query<{ line: string }>(
    `SELECT code || ' ' || amount_micro AS line FROM transfers WHERE tenant_id = $1 ORDER BY created_at, id`,
    [tenantId],
  );
  return rows.map(({ line }) => line);
}

function eventsOf(tenantId: string) {
  return control.query('SELECT type, data FROM events WHERE tenant_id = $1 ORDER BY id', [tenantId]);
}
