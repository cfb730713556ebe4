import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { DatabaseGauges } from '#apps/background-worker/database-gauges';
import { submitAll } from '#features/generations/submit-group';
import { HotPool } from '#platform/database/hot-pool';
import { aNode, anImage, aTenant, someUnits } from '#testing/builders';
import { testDatabase } from '#testing/test-database';

it('tells queue depth, lanes, lags, what is sold and missed, and what is stopped', async () => {
  const database = await testDatabase();
  const control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  await aNode(control, 3);
  await control.query(`INSERT INTO scheduler_leaders (pool_class) VALUES ('halo-1') ON CONFLICT DO NOTHING`);
  const tenantId = await aTenant(control, 100_000_000n);
  await control.transaction('submit', [], (tx) => submitAll(tx, [anImage(tenantId), anImage(tenantId)], false));
  await someUnits(control, tenantId, 'halo-1', 2);
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  await owner.query(
    `INSERT INTO guarantee_misses VALUES ($1, 'halo-1', date_trunc('month', now() AT TIME ZONE 'UTC'), uuidv7(), now(), now(), now())`,
    [tenantId],
  );
  await owner.query(`INSERT INTO pool_pauses (pool_class, reason) VALUES ('halo-1', 'a test')`);
  await owner.query(`INSERT INTO switches (stops, scope, reason, set_in) VALUES ('webhooks', 'all', 'a test', $1)`, [tenantId]);
  new DatabaseGauges(control);
  const text = await register.metrics();
  expect(text).toContain('halogen_queue_depth{pool_class="halo-1",service_tier="shared"} 2');
  expect(text).toContain('halogen_lanes{pool_class="halo-1",state="free"} 3');
  expect(text).toMatch(/halogen_outbox_lag_seconds{consumer="scheduler"} 0?\.\d+/);
  expect(text).toContain('halogen_ledger_lag_seconds{pool_class="halo-1"} 0');
  expect(text).toContain('halogen_sold_units{pool_class="halo-1"} 2');
  expect(text).toContain('halogen_guarantee_misses{pool_class="halo-1"} 1');
  expect(text).toContain('halogen_pauses{subject="tenant"} 0');
  expect(text).toContain('halogen_pauses{subject="pool_class"} 1');
  expect(text).toContain('halogen_switches{stops="webhooks"} 1');
  expect(text).toContain('halogen_switches{stops="submits"} 0');
  expect(text).toContain('halogen_proposals 0');
  expect(text).toContain('halogen_simulations{state="waiting"} 0');
  await owner.close();
  await control.close();
  await database.drop();
});
