import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { ApiKeysService } from '#features/tenants/api-keys.service';
import { provisionApiKey } from '#features/tenants/provisioning';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let owner: HotPool;
let pools: HotPool[];

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  pools = [0, 1].map(() => new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 2 }));
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  for (const pool of [...pools, control, owner]) await pool.close();
  await database.drop();
});

it('takes a revoked key nowhere after five seconds, also in a process that had just looked it up', async () => {
  const [first, second] = pools.map((pool) => new ApiKeysService(pool)) as [ApiKeysService, ApiKeysService];
  const tenantId = await aTenant(control, 0n);
  const [id, secret] = [randomUUID(), `test-${randomUUID()}`];
  await control.transaction('a key', [], (tx) => provisionApiKey(tx, { tenantId, id, name: 'K', secret, scopes: [] }));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  for (const process of [first, second]) expect(await process.authenticate(secret)).toMatchObject({ tenantId });

  await owner.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
  vi.setSystemTime(Date.now() + 5_000);
  for (const process of [first, second]) expect(await process.authenticate(secret)).toEqual({ refused: 'revoked_key' });
});
