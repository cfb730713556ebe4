import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordEvents } from '#features/events/events.service';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let api: HotPool;
let control: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 2 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
});
afterAll(async () => {
  await api.close();
  await control.close();
  await database.drop();
});

const keyId = '01980000-0000-7000-8000-000000000001';

it('records an event and what announces it, or neither', async () => {
  const tenantId = await aTenant(control, 0n);
  const revoked = { tenantId, type: 'key.revoked', data: { keyId } } as const;
  await api.transaction('revoke', [tenantId], (tx) => recordEvents(tx, [revoked]));
  await api
    .transaction('undone', [tenantId], async (tx) => {
      await recordEvents(tx, [revoked]);
      throw new Error('undone');
    })
    .catch(() => {});
  const rows = await control.query(
    `SELECT e.type, e.data, o.consumer, o.topic FROM events e JOIN outbox o ON o.event_id = e.id WHERE e.tenant_id = $1`,
    [tenantId],
  );
  expect(rows).toEqual([{ type: 'key.revoked', data: { keyId }, consumer: 'delivery', topic: 'event' }]);
});

it('lets no tenant record for another', async () => {
  const [ours, theirs] = [await aTenant(control, 0n), await aTenant(control, 0n)];
  const event = { tenantId: theirs, type: 'key.revoked', data: { keyId } } as const;
  await expect(api.transaction('record', [ours], (tx) => recordEvents(tx, [event]))).rejects.toThrow('row-level security');
});
