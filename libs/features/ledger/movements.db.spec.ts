import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grantCredits } from '#features/ledger/grants.service';
import { lockAccounts, lockSpendable } from '#features/ledger/movements.service';
import { type ReserveOutcome, reserveAll } from '#features/ledger/reservations.service';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let api: HotPool;
let control: HotPool;
let owner: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-movements-api', maxConnections: 2 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-movements-control', maxConnections: 2 });
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-movements-owner', maxConnections: 1 });
});
afterAll(async () => {
  await Promise.all([api, control, owner].map((pool) => pool.close()));
  await database.drop();
});

it('leaves out what is empty, and takes it in again once it is filled', async () => {
  const tenantId = await aTenant(control, 10n);
  const availableMicro = async () => (await spendable(tenantId)).map(({ balanceMicro }) => balanceMicro);
  expect(await reserve(tenantId, 10n)).toMatchObject({ parts: [{ amountMicro: 10n }] });
  expect(await availableMicro()).toEqual([]);
  await topUp(tenantId, 7n);
  expect(await availableMicro()).toEqual([7n]);
  expect(await reserve(tenantId, 8n)).toEqual({ refused: 'insufficient_credits', missingMicro: 1n });
});

it('keeps out whoever moves credits of the tenant, also when all its grants are empty', async () => {
  const tenantId = await aTenant(control, 0n);
  const order: string[] = [];
  let mover: Promise<void> | undefined;
  await api.transaction('reserve', [tenantId], async (tx) => {
    await lockSpendable(tx, [tenantId]);
    mover = control.transaction('move', [], async (other) => {
      await lockAccounts(other, [tenantId]);
      order.push('moves');
    });
    await expect
      .poll(() => owner.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
      .toHaveLength(1);
    order.push('has reserved');
  });
  await mover;
  expect(order).toEqual(['has reserved', 'moves']);
});

async function reserve(tenantId: string, priceMicro: bigint): Promise<ReserveOutcome | undefined> {
  const wish = { tenantId, generationId: randomUUID(), priceMicro };
  return (await api.transaction('reserve', [tenantId], (tx) => reserveAll(tx, [wish], false)))[0];
}

async function spendable(tenantId: string) {
  const accounts = await api.transaction('look', [tenantId], (tx) => lockSpendable(tx, [tenantId]));
  return accounts.get(tenantId)?.available ?? [];
}

async function topUp(tenantId: string, amountMicro: bigint): Promise<void> {
  await control.transaction('top up', [], (tx) => grantCredits(tx, { tenantId, id: randomUUID(), accountId: randomUUID(), amountMicro }));
}
