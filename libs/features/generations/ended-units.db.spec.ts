import { afterAll, beforeAll, expect, it } from 'vitest';
import { EndedUnits } from '#features/generations/ended-units.service';
import { NO_WISHES, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, anImage, aTenant, someUnits } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const POOL_CLASS = 'halo-1';
let database: TestDatabase;
let control: HotPool;
let endedUnits: EndedUnits;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  endedUnits = new EndedUnits(control);
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await control.close();
  await database.drop();
});

async function aWaiting(tenantId: string, serviceTier: 'dedicated' | 'spillover'): Promise<string> {
  const command = anImage(tenantId, { wishes: { ...NO_WISHES, serviceTier } });
  await control.transaction('submit', [], (tx) => submitAll(tx, [command], false));
  return command.id;
}
const unitsEnd = (tenantId: string, inDays: number) =>
  control.query(`UPDATE commitments SET ends_on = (now() AT TIME ZONE 'UTC')::date + $2::int WHERE tenant_id = $1`, [tenantId, inDays]);
async function rowOf(id: string) {
  const [row] = await control.query('SELECT state, failure_reason FROM generations WHERE id = $1', [id]);
  return row;
}

it('ends dedicated work when its units have ended, says so, and leaves alone what may run elsewhere', async () => {
  const tenantId = await aTenant(control, 100_000_000n);
  await someUnits(control, tenantId, POOL_CLASS, 8);
  const [dedicated, spillover, begunBefore] = [
    await aWaiting(tenantId, 'dedicated'),
    await aWaiting(tenantId, 'spillover'),
    await aWaiting(tenantId, 'dedicated'),
  ];
  await control.query('UPDATE generations SET first_began_at = now() WHERE id = $1', [begunBefore]);
  expect(await endedUnits.sweep()).toBe(0);
  await unitsEnd(tenantId, 0);
  expect(await endedUnits.sweep()).toBe(2);
  for (const id of [dedicated, begunBefore]) {
    expect(await rowOf(id)).toMatchObject({
      state: 'failed',
      failure_reason: expect.stringContaining('units that it waited for have ended'),
    });
  }
  expect(await rowOf(spillover)).toMatchObject({ state: 'queued' });
});

it('lets it wait for units to come, and for the end of what runs', async () => {
  const tenantId = await aTenant(control, 100_000_000n);
  await someUnits(control, tenantId, POOL_CLASS, 8);
  const [running, waiting] = [await aWaiting(tenantId, 'dedicated'), await aWaiting(tenantId, 'dedicated')];
  const nodeId = await aNode(control, 1, POOL_CLASS);
  await admitted(control, { tenantId, id: running }, `${nodeId}/0`);
  await unitsEnd(tenantId, 0);
  await control.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
     SELECT $1, uuidv7(), $2, 8, 1, 380000, today + 5, today + 35, 'ordered', 'order' FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t`,
    [tenantId, POOL_CLASS],
  );
  expect(await endedUnits.sweep()).toBe(0);
  await control.query(`UPDATE commitments SET state = 'cancelled' WHERE tenant_id = $1 AND state = 'ordered'`, [tenantId]);
  expect(await endedUnits.sweep()).toBe(1);
  expect([await rowOf(running), await rowOf(waiting)]).toMatchObject([{ state: 'admitted' }, { state: 'failed' }]);
});
