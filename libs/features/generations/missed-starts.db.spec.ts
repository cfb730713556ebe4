import { afterAll, beforeAll, expect, it } from 'vitest';
import { MissedStarts } from '#features/generations/missed-starts.service';
import { NO_WISHES, type SubmitCommand, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let control: HotPool;
let missedStarts: MissedStarts;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 2 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  missedStarts = new MissedStarts(control);
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await owner.close();
  await control.close();
  await database.drop();
});

/** @param startsInMs its deadline, from now; none if absent */
async function queued(tenantId: string, startsInMs?: number): Promise<SubmitCommand> {
  const startBy = startsInMs === undefined ? null : new Date(Date.now() + startsInMs);
  const command = anImage(tenantId, { wishes: { ...NO_WISHES, startBy } });
  await owner.transaction('submit', [], (tx) => submitAll(tx, [command], false));
  return command;
}
async function rowOf({ id }: SubmitCommand) {
  const [row] = await control.query('SELECT state, failure_reason FROM generations WHERE id = $1', [id]);
  return row;
}

it('ends what has not started by its time, free of charge, and leaves the rest waiting', async () => {
  const tenantId = await aTenant(control, 100_000_000n);
  const [late, inTime, without] = [await queued(tenantId, -1_000), await queued(tenantId, 600_000), await queued(tenantId)];
  expect(await missedStarts.sweep()).toBe(1);
  expect(await rowOf(late)).toEqual({ state: 'failed', failure_reason: 'Not started by its startBy; nothing was charged' });
  for (const waiting of [inTime, without]) expect(await rowOf(waiting)).toMatchObject({ state: 'queued' });
  const [balance] = await control.query<{ micro: string }>(
    `SELECT sum(balance_micro) AS micro FROM accounts WHERE tenant_id = $1 AND kind = 'available'`,
    [tenantId],
  );
  expect(balance?.micro).toBe('90000000');
  const told = await control.query(`SELECT payload FROM outbox WHERE consumer = 'scheduler' AND topic = 'ended' AND generation_id = $1`, [
    late.id,
  ]);
  expect(told).toHaveLength(1);
  expect(await missedStarts.sweep()).toBe(0);
});

it('leaves alone what has a lease, and what has begun before and is waiting again', async () => {
  const tenantId = await aTenant(control, 100_000_000n);
  const nodeId = await aNode(control);
  const running = await queued(tenantId, -1_000);
  await admitted(control, running, `${nodeId}/0`);
  const recalled = await queued(tenantId, -1_000);
  await control.query('UPDATE generations SET first_began_at = now() WHERE id = $1', [recalled.id]);
  expect(await missedStarts.sweep()).toBe(0);
  expect([await rowOf(running), await rowOf(recalled)]).toMatchObject([{ state: 'admitted' }, { state: 'queued' }]);
});

it('ends each once, however many sweep, and more than fit in one transaction', async () => {
  const tenantId = await aTenant(control, 10_000_000_000n);
  const wishes = { ...NO_WISHES, startBy: new Date(Date.now() - 1_000) };
  const commands = Array.from({ length: 450 }, () => anImage(tenantId, { wishes }));
  await owner.transaction('submit', [], (tx) => submitAll(tx, commands, false));
  const ended = await Promise.all([missedStarts.sweep(), new MissedStarts(control).sweep()]);
  expect(ended[0] + ended[1]).toBe(450);
});
