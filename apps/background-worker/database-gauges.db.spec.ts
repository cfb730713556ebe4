import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { DatabaseGauges } from '#apps/background-worker/database-gauges';
import { submitAll } from '#features/generations/submit-group';
import { HotPool } from '#platform/database/hot-pool';
import { aNode, anImage, aTenant } from '#testing/builders';
import { testDatabase } from '#testing/test-database';

it('tells queue depth, lanes and lags', async () => {
  const database = await testDatabase();
  const control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  await aNode(control, 3);
  await control.query(`INSERT INTO scheduler_leaders (pool_class) VALUES ('halo-1') ON CONFLICT DO NOTHING`);
  const tenantId = await aTenant(control, 100_000_000n);
  await control.transaction('submit', [], (tx) => submitAll(tx, [anImage(tenantId), anImage(tenantId)], false));
  new DatabaseGauges(control);
  const text = await register.metrics();
  expect(text).toContain('halogen_queue_depth{pool_class="halo-1",service_tier="shared"} 2');
  expect(text).toContain('halogen_lanes{pool_class="halo-1",state="free"} 3');
  expect(text).toMatch(/halogen_outbox_lag_seconds{consumer="scheduler"} 0?\.\d+/);
  expect(text).toContain('halogen_ledger_lag_seconds{pool_class="halo-1"} 0');
  await control.close();
  await database.drop();
});
