import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GuaranteeMonths } from '#features/capacity/guarantee-months.service';
import { Utilization } from '#features/capacity/utilization.service';
import { submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, anImage, anOrderBook, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let control: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 2 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
});
afterAll(async () => {
  await owner.close();
  await control.close();
  await database.drop();
});

async function someUnits(tenantId: string, poolClass: string, units: number): Promise<void> {
  await control.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
     VALUES ($1, $2, $3, $4, 12, 210000, '2026-09-01', '2099-09-01', 'active', 'order')`,
    [tenantId, randomUUID(), poolClass, units],
  );
}

/** One that ran a minute. @param waitedMs from 2026-10-10 12:00 on */
async function aStart(tenantId: string, poolClass: string, laneId: string, waitedMs: number): Promise<void> {
  const command = anImage(tenantId);
  await owner.transaction('submit', [], (tx) => submitAll(tx, [command], false));
  const lease = await admitted(control, command, laneId);
  await owner.query(
    `UPDATE generations SET service_tier = 'dedicated', pool_class = $2, created_at = '2026-10-10T12:00:00Z'::timestamptz + $3::int * interval '1 hour'
      WHERE id = $1`,
    [lease.generationId, poolClass, waitedMs % 7],
  );
  await owner.query(
    `UPDATE leases l SET admitted_at = g.created_at + $2 * interval '1 ms', ended_at = g.created_at + interval '2 minutes', end_reason = 'settled',
            freed_at = g.created_at + interval '2 minutes'
       FROM generations g WHERE l.generation_id = $1 AND g.id = l.generation_id`,
    [lease.generationId, waitedMs],
  );
  await owner.query('DELETE FROM lane_occupancies WHERE generation_id = $1', [lease.generationId]);
}

it('closes a month once, and credits what was not kept', async () => {
  const poolClass = await anOrderBook(control, { nodes: 10, lanesPerNode: 8 });
  const nodeId = await aNode(control, 1);
  const [kept, missed] = [await aTenant(owner, 100_000_000n), await aTenant(owner, 100_000_000n)];
  for (const tenantId of [kept, missed]) await someUnits(tenantId, poolClass, 8);
  await aStart(kept, poolClass, `${nodeId}/0`, 700);
  await aStart(missed, poolClass, `${nodeId}/0`, 700);
  await aStart(missed, poolClass, `${nodeId}/0`, 7_000);
  const months = new GuaranteeMonths(control);
  await months.sweep(new Date('2026-11-23'));
  await months.sweep(new Date('2026-11-24'));
  const closed = (tenantId: string) =>
    control.query(`SELECT month::text, starts, kept_starts, price_micro, service_credit_micro FROM guarantee_months WHERE tenant_id = $1`, [
      tenantId,
    ]);
  // 8 units at $2,100: 5.6 million credits a month; half of the starts were late, so half of the price comes back.
  const row = { month: '2026-10-01', price_micro: '5600000000000' };
  expect(await closed(kept)).toEqual([{ ...row, starts: 1, kept_starts: 1, service_credit_micro: '0' }]);
  expect(await closed(missed)).toEqual([{ ...row, starts: 2, kept_starts: 1, service_credit_micro: '2800000000000' }]);
  const misses = await control.query('SELECT tenant_id, extract(epoch FROM started_at - due_at)::float8 AS late_s FROM guarantee_misses');
  expect(misses).toEqual([{ tenant_id: missed, late_s: 7 }]);
  const grants = await control.query(`SELECT tenant_id, amount_micro FROM grants WHERE source = 'service_credit'`);
  expect(grants).toEqual([{ tenant_id: missed, amount_micro: '2800000000000' }]);
});

it('writes each minute once, with the units that were idle and lent', async () => {
  const poolClass = await anOrderBook(control, { nodes: 10, lanesPerNode: 8 });
  const nodeId = await aNode(control, 2);
  const [lender, borrower] = [await aTenant(owner, 100_000_000n), await aTenant(owner, 100_000_000n)];
  await someUnits(lender, poolClass, 8);
  for (const at of [0, 1]) {
    const command = anImage(borrower);
    await owner.transaction('submit', [], (tx) => submitAll(tx, [command], false));
    await admitted(control, command, `${nodeId}/${at}`);
  }
  await owner.query(`UPDATE leases SET pool_class = $2, served_from = 'lent' WHERE tenant_id = $1`, [borrower, poolClass]);
  const utilization = [new Utilization(control), new Utilization(control)];
  for (const time of ['12:00:05', '12:00:30', '12:01:02']) {
    for (const one of utilization) await one.sweep(new Date(`2026-11-23T${time}Z`));
  }
  const minutes = await control.query(
    `SELECT tenant_id, to_char(minute AT TIME ZONE 'UTC', 'HH24:MI') AS minute, units, own_lanes, borrowed_lanes, lent_units
       FROM utilization_minutes WHERE pool_class = $1 ORDER BY units`,
    [poolClass],
  );
  const row = { minute: '12:00', own_lanes: 0 };
  expect(minutes).toEqual([
    { ...row, tenant_id: borrower, units: 0, borrowed_lanes: 2, lent_units: 0 },
    { ...row, tenant_id: lender, units: 8, borrowed_lanes: 0, lent_units: 2 },
  ]);
  const days = await control.query('SELECT day::text, tenant_id, borrower_id, lane_minutes FROM lending_days WHERE pool_class = $1', [
    poolClass,
  ]);
  expect(days).toEqual([{ day: '2026-11-23', tenant_id: lender, borrower_id: borrower, lane_minutes: 2 }]);
  expect((await ledgerDifferences(control)).filter(({ invariant }) => !invariant.startsWith('I8'))).toEqual([]);
});
