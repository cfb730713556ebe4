import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommitmentDays } from '#features/capacity/commitment-days.service';
import { grantCredits } from '#features/ledger/grants.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { anOrderBook, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let days: CommitmentDays;
let poolClass: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  days = new CommitmentDays(control);
  poolClass = await anOrderBook(control, { nodes: 10, lanesPerNode: 8 });
});
afterAll(async () => {
  await control.close();
  await database.drop();
});

/** @param from and to in days from today */
async function aCommitment(tenantId: string, from: number, to: number, state: string, follows?: string): Promise<string> {
  const id = randomUUID();
  await control.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin, follows_id)
     VALUES ($1, $2, $3, 8, 1, 380000, (now() AT TIME ZONE 'UTC')::date + $4::int, (now() AT TIME ZONE 'UTC')::date + $5::int, $6, $7, $8)`,
    [tenantId, id, poolClass, from, to, state, follows ? 'renewal' : 'order', follows ?? null],
  );
  return id;
}
async function aDueCharge(tenantId: string, commitmentId: string, amountMicro: bigint): Promise<void> {
  await control.query(
    `INSERT INTO commitment_charges (tenant_id, commitment_id, month, due_on, amount_micro) VALUES ($1, $2, 0, (now() AT TIME ZONE 'UTC')::date, $3)`,
    [tenantId, commitmentId, amountMicro],
  );
}
const stateOf = async (id: string) =>
  (await control.query<{ state: string }>('SELECT state FROM commitments WHERE id = $1', [id]))[0]?.state;
const events = (tenantId: string) =>
  control.query<{ type: string }>(`SELECT type FROM events WHERE tenant_id = $1 AND type LIKE 'commitment.%' ORDER BY id`, [tenantId]);

it('begins, ends and renews what the day brings, each once', async () => {
  const tenantId = await aTenant(control, 0n);
  const beginning = await aCommitment(tenantId, 0, 30, 'ordered');
  const later = await aCommitment(tenantId, 1, 30, 'ordered');
  const ending = await aCommitment(tenantId, -30, 0, 'active');
  const renewed = await aCommitment(tenantId, -30, 0, 'active');
  await aCommitment(tenantId, 0, 30, 'active', renewed);
  await days.sweep();
  await days.sweep();
  expect(await Promise.all([beginning, later, ending, renewed].map(stateOf))).toEqual(['active', 'ordered', 'ended', 'renewed']);
  expect((await events(tenantId)).map(({ type }) => type)).toEqual(['commitment.began', 'commitment.ended', 'commitment.ended']);
});

it('pays what is due, and tells once of what it cannot pay until it can', async () => {
  const rich = await aTenant(control, 100n);
  const poor = await aTenant(control, 99n);
  for (const tenantId of [rich, poor]) await aDueCharge(tenantId, await aCommitment(tenantId, 0, 30, 'active'), 100n);
  await days.sweep();
  await days.sweep();
  const unpaid = () =>
    control.query<{ tenant_id: string }>(
      'SELECT tenant_id FROM commitment_charges WHERE paid_at IS NULL AND tenant_id = ANY ($1::uuid[])',
      [[rich, poor]],
    );
  expect(await unpaid()).toEqual([{ tenant_id: poor }]);
  expect((await events(poor)).map(({ type }) => type)).toEqual(['commitment.unpaid']);
  await control.transaction('top up', [], (tx) =>
    grantCredits(tx, { tenantId: poor, id: randomUUID(), accountId: randomUUID(), amountMicro: 1n }),
  );
  await days.sweep();
  expect(await unpaid()).toEqual([]);
  expect(await ledgerDifferences(control)).toEqual([]);
});
