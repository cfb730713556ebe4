import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitAll } from '#features/generations/submit-group';
import { QueueDepths } from '#features/queue-figures/queue-depths.service';
import { QueueFiguresService } from '#features/queue-figures/queue-figures.service';
import { QueueWaits } from '#features/scheduling/queue-waits';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let api: HotPool;
let ours: string;
let theirs: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 2 });
  ours = await aTenant(control, 1_000_000_000n);
  theirs = await aTenant(control, 1_000_000_000n);
});
afterAll(async () => {
  await control.close();
  await api.close();
  await database.drop();
});

const figures = (serviceTier?: string) => new QueueFiguresService(api).figures({ poolClass: 'halo-1', hours: 1, serviceTier });

it('tells what waits by tenant and tier, and no longer what waits no more', async () => {
  const three = [1, 2, 3].map(() => anImage(ours));
  const one = { ...anImage(theirs), wishes: { ...anImage(theirs).wishes, serviceTier: 'flex' as const, priority: 5 } };
  await control.transaction('submit', [], (tx) => submitAll(tx, [...three, one], false));
  const depths = new QueueDepths(control);
  await depths.count();
  expect((await figures()).depths).toMatchObject([
    { tenantId: ours, tenantName: 'A tenant', serviceTier: 'shared', queued: 3, isAtLeast: false },
    { tenantId: theirs, serviceTier: 'flex', queued: 1 },
  ]);
  await control.query(`UPDATE generations SET state = 'cancelled' WHERE tenant_id = $1`, [ours]);
  await depths.count();
  expect((await figures()).depths).toMatchObject([{ tenantId: theirs }]);
});

it('adds up how long starts waited, whoever led and however often it was saved', async () => {
  const nowMs = Date.now();
  for (const waits of [new QueueWaits('halo-1'), new QueueWaits('halo-1')]) {
    for (let at = 0; at < 50; at += 1) waits.note(ours, 'dedicated', 80, nowMs);
    waits.note(theirs, 'shared', 250_000, nowMs);
    await control.transaction('save', [], (tx) => waits.save(tx, nowMs));
    await control.transaction('save nothing', [], (tx) => waits.save(tx, nowMs));
  }
  const { waits, steps, stepS } = await figures();
  expect(waits).toMatchObject([
    { tenantId: ours, serviceTier: 'dedicated', starts: 100 },
    { tenantId: theirs, serviceTier: 'shared', starts: 2 },
  ]);
  expect(waits[0]?.p99S).toBeLessThan(0.1);
  expect(waits[1]?.p50S).toBeGreaterThan(180);
  expect([stepS, steps.length]).toEqual([300, 12]);
  expect(steps.flat().reduce((sum, count) => sum + count, 0)).toBe(102);
  expect((await figures('shared')).waits).toHaveLength(1);
  const hours = await control.query(`SELECT buckets FROM queue_waits WHERE step_s = 3600 AND tenant_id = $1`, [ours]);
  expect(hours).toMatchObject([{ buckets: expect.arrayContaining([100]) }]);
});
