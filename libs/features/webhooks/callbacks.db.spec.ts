import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CallbackEvent } from '#core/webhooks/callback-event';
import { FIRST_PACE } from '#core/webhooks/receiver-pace';
import { until } from '#features/webhooks/testing/until';
import { startWebhookWorker } from '#features/webhooks/testing/webhook-worker';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';
import { CallbackReceiver, Held } from '#testing/callback-receiver';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const keys = new EncryptionKeys(newEncryptionKey('test'));

let database: TestDatabase;
let owner: HotPool;
let storageFolder: string;
let receiver: CallbackReceiver;
const tenantId = randomUUID();
const workers: INestApplicationContext[] = [];

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 4 });
  await owner.query(`INSERT INTO tenants (id, name) VALUES ($1, 'tester')`, [tenantId]);
  storageFolder = await mkdtemp(path.join(tmpdir(), 'halogen-webhooks-'));
});

afterAll(async () => {
  await owner?.close();
  await database?.drop();
  await rm(storageFolder, { recursive: true, force: true });
});

beforeEach(async () => {
  receiver = await CallbackReceiver.start();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await receiver.close();
  // Each test's rows end with it, so that its unfinished deliveries are nobody's.
  await owner.query('TRUNCATE outbox, deliveries');
});

it('tells each state once and in order, with the body of that state', async () => {
  await startWorker();
  const generationId = await addGeneration(receiver.url('/hook'), { state: 'completed' });
  await announce(generationId, 'dreaming');
  await announce(generationId, 'completed');

  await ended(generationId, 2);
  const [dreaming, completed] = receiver.callsTo('/hook');
  expect(receiver.calls).toHaveLength(2);
  expect(dreaming?.body).toMatchObject({ id: generationId, state: 'dreaming', failure_reason: null, model: 'ray-2' });
  expect(dreaming?.body).not.toHaveProperty('assets');
  expect(completed?.body).toMatchObject({
    id: generationId,
    state: 'completed',
    generation_type: 'video',
    request: { prompt: 'a red kite' },
  });
  expect(completed?.body.assets.image).toMatch(/^http:\/\/api\.test\/assets\/.+expires=/);
  expect(completed?.body.assets.video).toMatch(/^http:\/\/api\.test\/assets\/.+expires=/);
  expect(completed?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Halogen/1' });
  const { dreaming: first, completed: second } = await deliveriesOf(generationId);
  expect(dreaming?.headers['x-halogen-delivery-id']).toBe(first?.id);
  expect(completed?.headers['x-halogen-delivery-id']).toBe(second?.id);
  expect(second).toMatchObject({ state: 'delivered', attempts: 1, last_status: 200 });
  expect(await owner.query('SELECT id FROM outbox')).toEqual([]);
});

it('tells a cancelled generation as failed, with its reason', async () => {
  await startWorker();
  const generationId = await addGeneration(receiver.url('/hook'), { state: 'cancelled', failureReason: 'Job cancelled' });
  await announce(generationId, 'failed');
  const [call] = await receiver.waitForCalls('/hook', 1);
  expect(call?.body).toMatchObject({ state: 'failed', status: 'failed', failure_reason: 'Job cancelled' });
  await ended(generationId, 1);
});

it('repeats a call up to three times with the same id until it is answered with 200', async () => {
  await startWorker();
  const generationId = await addGeneration(receiver.url('/hook', 500, 503, 404));
  await announce(generationId, 'dreaming');
  await ended(generationId, 1);
  expect(await deliveriesOf(generationId)).toMatchObject({ dreaming: { state: 'delivered', attempts: 4, last_status: 200 } });
  const ids = receiver.callsTo('/hook').map(({ headers }) => headers['x-halogen-delivery-id']);
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(1);
});

it('gives up after four failures, and the next state still goes out, after them', async () => {
  await startWorker();
  const generationId = await addGeneration(receiver.url('/hook', 500, 'cut', 500, 502), { state: 'completed' });
  await announce(generationId, 'dreaming');
  await announce(generationId, 'completed');
  await ended(generationId, 2);
  expect(receiver.callsTo('/hook').map(({ body }) => body.state)).toEqual(['dreaming', 'dreaming', 'dreaming', 'dreaming', 'completed']);
  expect(await deliveriesOf(generationId)).toMatchObject({
    dreaming: { state: 'given_up', attempts: 4, last_status: 502 },
    completed: { state: 'delivered', attempts: 1 },
  });
});

it('takes a redirect for a failure and does not follow it', async () => {
  await startWorker();
  const elsewhere = { redirectTo: receiver.url('/elsewhere') };
  const generationId = await addGeneration(receiver.url('/hook', elsewhere, elsewhere, elsewhere, elsewhere));
  await announce(generationId, 'dreaming');
  await ended(generationId, 1);
  expect(await deliveriesOf(generationId)).toMatchObject({ dreaming: { state: 'given_up', attempts: 4, last_status: 302 } });
  expect(receiver.callsTo('/elsewhere')).toEqual([]);
});

it('never calls an address that is not allowed, and keeps the reason', async () => {
  await startWorker({ allow: '' });
  const generationId = await addGeneration(receiver.url('/hook'));
  await announce(generationId, 'dreaming');
  await ended(generationId, 1);
  const { dreaming } = await deliveriesOf(generationId);
  expect(dreaming).toMatchObject({ state: 'given_up', attempts: 4, last_status: null });
  expect(dreaming?.last_error).toMatch(/^address_not_public: /);
  expect(receiver.calls).toEqual([]);
});

it('makes an attempt again that a killed worker left, under the same id', async () => {
  const generationId = await addGeneration(receiver.url('/hook'));
  const deliveryId = randomUUID();
  await owner.query(
    `INSERT INTO deliveries (tenant_id, id, generation_id, event, url, next_attempt_at)
     VALUES ($1, $2, $3, 'dreaming', $4, now() + interval '400 milliseconds')`,
    [tenantId, deliveryId, generationId, receiver.url('/hook')],
  );
  await startWorker();
  const [call] = await receiver.waitForCalls('/hook', 1);
  expect(call?.headers['x-halogen-delivery-id']).toBe(deliveryId);
  await ended(generationId, 1);
});

it('takes over from a worker that died within a call', async () => {
  const held = new Held();
  const generationId = await addGeneration(receiver.url('/hook', held));
  const dying = await startWorker();
  await announce(generationId, 'dreaming');
  await receiver.waitForCalls('/hook', 1);
  // Postgres does not hear of it any more; the call itself is still under way.
  await dying.get(HotPool, { strict: false }).close();

  await startWorker();
  const [first, second] = await receiver.waitForCalls('/hook', 2);
  expect(second?.headers['x-halogen-delivery-id']).toBe(first?.headers['x-halogen-delivery-id']);
  await ended(generationId, 1);
  held.answer(200);
}, 40_000);

it('keeps the order with two workers at once and many generations', async () => {
  await Promise.all([startWorker(), startWorker()]);
  const generationIds: string[] = [];
  for (let at = 0; at < 60; at += 1)
    generationIds.push(await addGeneration(receiver.url(`/hook/${at}`, ...(at % 3 === 0 ? [500, 500] : [])), { state: 'completed' }));
  for (const generationId of generationIds) {
    await announce(generationId, 'dreaming');
    await announce(generationId, 'completed');
  }
  await ended(generationIds, 2);
  for (const at of generationIds.keys()) {
    const states = receiver.callsTo(`/hook/${at}`).map(({ body }) => body.state);
    expect(states).toEqual(at % 3 === 0 ? ['dreaming', 'dreaming', 'dreaming', 'completed'] : ['dreaming', 'completed']);
  }
}, 40_000);

it('tells no `dreaming` once the end is told', async () => {
  await startWorker();
  const generationId = await addGeneration(receiver.url('/hook'), { state: 'completed' });
  await announce(generationId, 'completed');
  await ended(generationId, 1);
  await announce(generationId, 'dreaming');
  await announce(generationId, 'completed');
  const last = await addGeneration(receiver.url('/last'));
  await announce(last, 'dreaming');
  await ended(last, 1);
  expect(await owner.query('SELECT id FROM outbox')).toEqual([]);
  expect(receiver.callsTo('/hook')).toHaveLength(1);
});

it('serves others while one receiver does not answer', async () => {
  await startWorker();
  const held = Array.from({ length: 2 * FIRST_PACE.slots }, () => new Held());
  const stuckUrl = receiver.url('/stuck', ...held);
  const other = await CallbackReceiver.start('127.0.0.2');
  const stuck: string[] = [];
  for (const _ of held) stuck.push(await addGeneration(stuckUrl));
  for (const generationId of stuck) await announce(generationId, 'dreaming');
  await receiver.waitForCalls('/stuck', FIRST_PACE.slots);
  const quick = await addGeneration(other.url('/hook'));
  await announce(quick, 'dreaming');
  await ended(quick, 1);
  expect(receiver.callsTo('/stuck')).toHaveLength(FIRST_PACE.slots);
  for (const call of held) call.answer(200);
  await ended(stuck, 1);
  await other.close();
});

it('goes one at a time against a host that fails, until it is well again', async () => {
  await startWorker();
  const held = Array.from({ length: FIRST_PACE.slots }, () => new Held());
  const failing = receiver.url('/down', ...held.map(() => 503), ...held);
  const generationIds: string[] = [];
  for (const _ of held) generationIds.push(await addGeneration(failing), await addGeneration(failing));
  for (const generationId of generationIds) await announce(generationId, 'dreaming');
  await receiver.waitForCalls('/down', held.length + 1);
  const other = await CallbackReceiver.start('127.0.0.2');
  const quick = await addGeneration(other.url('/hook'));
  await announce(quick, 'dreaming');
  await ended(quick, 1);
  expect(receiver.callsTo('/down')).toHaveLength(held.length + 1);
  for (const call of held) call.answer(200);
  await ended(generationIds, 1);
  await other.close();
});

it('takes a host that says no for a host that is well', async () => {
  await startWorker();
  const url = receiver.url('/no', ...Array.from({ length: 80 }, () => 204));
  const generationIds: string[] = [];
  for (let at = 0; at < 20; at += 1) generationIds.push(await addGeneration(url));
  for (const generationId of generationIds) await announce(generationId, 'dreaming');
  await ended(generationIds, 1);
  expect(receiver.callsTo('/no')).toHaveLength(80);
  expect(await deliveriesOf(generationIds[0] as string)).toMatchObject({ dreaming: { state: 'given_up', attempts: 4, last_status: 204 } });
});

async function startWorker({ allow }: { allow?: string } = {}): Promise<INestApplicationContext> {
  const worker = await startWebhookWorker({ controlUrl: database.controlUrl, storageFolder, keys, allow });
  workers.push(worker);
  return worker;
}

async function addGeneration(callbackUrl: string, { state = 'running', failureReason = null as string | null } = {}): Promise<string> {
  const id = randomUUID();
  const assets = { image: `${tenantId}/${id}/1/package-1/thumbnail.jpg`, video: `${tenantId}/${id}/1/package-1/video.mp4` };
  await owner.query(
    `INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages, state,
       price_micro, burn_lane_ms, rate_card_version, reserved, callback_url, assets, failure_reason)
     VALUES ($1, $2, $1, 'dream_machine', 'video', 'ray-2', 'video', '{}', 'any', '{"prompt": "a red kite"}', 'a red kite', 1, '{}', $3,
       0, 1, 1, '[]', $4, $5, $6)`,
    [tenantId, id, state, callbackUrl, assets, failureReason],
  );
  return id;
}

/** As the transaction of the fact does it. */
async function announce(generationId: string, topic: CallbackEvent): Promise<void> {
  await owner.transaction('announce', [], async (tx) => {
    await tx.query(`INSERT INTO outbox (consumer, topic, tenant_id, generation_id) VALUES ('delivery', $1, $2, $3)`, [
      topic,
      tenantId,
      generationId,
    ]);
    await tx.query(`SELECT pg_notify('halogen_delivery', '')`);
  });
}

interface DeliveryRow {
  id: string;
  event: CallbackEvent;
  state: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
}

async function deliveriesOf(generationId: string): Promise<Partial<Record<CallbackEvent, DeliveryRow>>> {
  const rows = await owner.query<DeliveryRow>('SELECT * FROM deliveries WHERE generation_id = $1', [generationId]);
  return Object.fromEntries(rows.map((row) => [row.event, row]));
}

/** Waits until so many deliveries of each generation have ended. */
async function ended(generations: string | readonly string[], countOfEach: number): Promise<void> {
  const generationIds = [generations].flat();
  await until(async () => {
    const [row] = await owner.query<{ ended: number }>(
      `SELECT count(*)::int AS ended FROM deliveries WHERE generation_id = ANY ($1::uuid[]) AND state <> 'pending'`,
      [generationIds],
    );
    return (row?.ended ?? 0) >= generationIds.length * countOfEach || undefined;
  });
}
