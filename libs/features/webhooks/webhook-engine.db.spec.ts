import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { EVENTS, type EventType } from '#contracts/events/catalogue';
import type { Caller } from '#core/access/caller';
import { recordEvents } from '#features/events/events.service';
import { submitAll } from '#features/generations/submit-group';
import { DeliveryLogService } from '#features/webhooks/delivery-log.service';
import { EndpointsService } from '#features/webhooks/endpoints.service';
import { newSecret } from '#features/webhooks/sign-message';
import { WebhooksModule } from '#features/webhooks/webhooks.module';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';
import { OutboundModule } from '#platform/http/outbound/outbound.module';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { SignedUrls } from '#platform/storage/signed-urls';
import { StorageModule } from '#platform/storage/storage.module';
import { anImage, aTenant } from '#testing/builders';
import { CallbackReceiver, Held, type ReceivedCall } from '#testing/callback-receiver';
import { PublishedVerifiers } from '#testing/published-verifiers';
import { type TestDatabase, testDatabase } from '#testing/test-database';

/** The whole schedule within a few seconds. */
const TIME_SCALE = 50_000;

const encryptionKey = newEncryptionKey('test');

let database: TestDatabase;
let owner: HotPool;
let control: HotPool;
let storageFolder: string;
let receiver: CallbackReceiver;
let tenantId: string;
let verifiers: PublishedVerifiers;
/** Path of the receiver → secrets that have signed calls to it. */
const secretsOf = new Map<string, string[]>();
const workers: INestApplicationContext[] = [];

beforeAll(async () => {
  verifiers = await PublishedVerifiers.start();
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 4 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 4 });
  storageFolder = await mkdtemp(path.join(tmpdir(), 'halogen-webhooks-'));
});

afterAll(async () => {
  await verifiers?.stop();
  await owner?.close();
  await control?.close();
  await database?.drop();
  await rm(storageFolder, { recursive: true, force: true });
});

beforeEach(async () => {
  receiver = await CallbackReceiver.start();
  tenantId = await aTenant(control, 1_000_000_000n);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  // Whatever a test is about: the npm and the PyPI verifier believe each of its calls.
  for (const [path, secrets] of secretsOf) await verifiers.verifyByAny(receiver.callsTo(path), secrets);
  secretsOf.clear();
  await receiver.close();
  await owner.query('TRUNCATE outbox, webhook_deliveries, webhook_attempts, webhook_secrets, webhook_endpoints');
});

it('tells an event once, signed as Standard Webhooks has it, and logs request and answer', async () => {
  await startWorker({ timeScale: 1 });
  const endpoint = await addEndpoint(receiver.url('/hook'), { headers: { 'x-mine': 'yes' } });
  const keyId = randomUUID();
  await tell('key.revoked', { keyId });
  const [delivery] = await ended(endpoint.id, 1);
  const [call] = receiver.callsTo('/hook') as [ReceivedCall];
  expect(receiver.calls).toHaveLength(1);
  expect(verified(call, endpoint.secret)).toEqual({
    type: 'key.revoked',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    data: { keyId, sequence: 1 },
  });
  expect(call.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Halogen-Webhooks/1', 'x-mine': 'yes' });
  expect(call.headers['webhook-id']).toBe(delivery?.event_id);
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, last_status: 200 });
  expect(await attemptsOf(delivery?.id)).toMatchObject([{ attempt: 1, url: receiver.url('/hook'), status: 200, error: null }]);
  expect(await owner.query('SELECT id FROM outbox')).toEqual([]);
});

it('numbers the events of a tenant, and tells an endpoint only of those it wants', async () => {
  await startWorker({ timeScale: 1 });
  const all = await addEndpoint(receiver.url('/all'));
  const some = await addEndpoint(receiver.url('/some'), { eventTypes: ['project.*', 'key.created'] });
  await tell('key.revoked', { keyId: randomUUID() });
  await tell('project.created', { projectId: randomUUID(), name: 'A' });
  await tell('key.created', { keyId: randomUUID(), name: 'B', scopes: [] });
  await ended(all.id, 3);
  await ended(some.id, 2);
  const seen = (path: string) =>
    receiver
      .callsTo(path)
      .map(({ body }) => [body.data.sequence, body.type])
      .toSorted();
  expect(seen('/all')).toEqual([
    [1, 'key.revoked'],
    [2, 'project.created'],
    [3, 'key.created'],
  ]);
  expect(seen('/some')).toEqual([
    [2, 'project.created'],
    [3, 'key.created'],
  ]);
});

it('tells the life of a generation, from the transactions of its facts', async () => {
  await startWorker();
  const api = new HotPool({ url: database.apiUrl, applicationName: 'test', maxConnections: 1 });
  const endpoint = await addEndpoint(receiver.url('/hook'));
  const image = anImage(tenantId);
  const quiet = anImage(await aTenant(control, 1_000_000_000n));
  await api.transaction('submit', [tenantId, quiet.tenantId], (tx) => submitAll(tx, [image, quiet], false));
  await ended(endpoint.id, 1);
  const [call] = receiver.calls as [ReceivedCall];
  expect(call.body).toMatchObject({
    type: 'generation.queued',
    data: { generationId: image.id, kind: 'image', model: 'photon-1', sequence: 1 },
  });
  // Nobody asked to hear of the other tenant, so nothing was written for it.
  expect(await owner.query('SELECT 1 FROM events WHERE tenant_id = $1', [quiet.tenantId])).toEqual([]);
  await api.close();
});

it('signs with the old secret and the new one while both are good', async () => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook'));
  const newer = newSecret('hmac').secret;
  noteSecret(receiver.url('/hook'), newer);
  await owner.query("UPDATE webhook_secrets SET expires_at = now() + $2 * interval '1 hour' WHERE endpoint_id = $1", [endpoint.id, 24]);
  await owner.query('INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) VALUES ($1, $2, $3)', [tenantId, endpoint.id, newer]);
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(endpoint.id, 1);
  const [call] = receiver.calls as [ReceivedCall];
  expect(verified(call, endpoint.secret)).toEqual(verified(call, newer));

  await owner.query('UPDATE webhook_secrets SET expires_at = now() WHERE endpoint_id = $1 AND expires_at IS NOT NULL', [endpoint.id]);
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(endpoint.id, 2);
  const last = receiver.calls[1] as ReceivedCall;
  expect(verified(last, newer)).toMatchObject({ type: 'key.revoked' });
  expect(() => verified(last, endpoint.secret)).toThrow('No matching signature');
});

it.each([
  { name: '500', answer: 500, log: { status: 500, error: null } },
  { name: 'a cut connection', answer: 'cut', log: { status: null, error: expect.stringMatching(/^reset: /) } },
  { name: 'a body that never ends', answer: 'stuck', log: { status: null, error: expect.stringMatching(/^timeout: /) } },
  { name: 'silence', answer: new Held(), log: { status: null, error: expect.stringMatching(/^timeout: /) } },
  { name: 'a redirect', answer: { redirectTo: '/elsewhere' }, log: { status: 302, error: null } },
] as const)('tries again after $name, with the same id and its own signature', async ({ answer, log }) => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook', answer));
  await tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await ended(endpoint.id, 1);
  const [first, second] = receiver.callsTo('/hook') as [ReceivedCall, ReceivedCall];
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  for (const call of [first, second]) expect(verified(call, endpoint.secret)).toMatchObject({ type: 'key.revoked' });
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 2 });
  const attempts = await attemptsOf(delivery?.id);
  expect(attempts).toMatchObject([log, { status: 200, error: null }]);
  expect(attempts[0]?.next_attempt_at).not.toBeNull();
  expect(receiver.callsTo('/elsewhere')).toEqual([]);
});

it('reads 64 kB of an answer that never ends, and takes its status', async () => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook', 'endless'));
  await tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 1 });
  expect((await attemptsOf(delivery?.id))[0]?.answer_body).toHaveLength(65_536);
});

it('gives up after ten attempts', async () => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook', ...Array.from({ length: 20 }, () => 500)));
  await tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'given_up', attempts: 10, last_status: 500 });
  expect(receiver.callsTo('/hook')).toHaveLength(10);
});

it('stops at 410, disables the endpoint and tells the tenant’s others', async () => {
  await startWorker();
  const gone = await addEndpoint(receiver.url('/gone', 410), { eventTypes: ['key.*'] });
  const other = await addEndpoint(receiver.url('/other'), { eventTypes: ['webhook.*'] });
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(other.id, 1);
  expect(receiver.callsTo('/other').map(({ body }) => [body.type, body.data.endpointId, body.data.reason])).toEqual([
    ['webhook.disabled', gone.id, 'gone'],
  ]);
  expect(await ended(gone.id, 1)).toMatchObject([{ state: 'given_up', attempts: 1 }]);
  await tell('key.revoked', { keyId: randomUUID() });
  await relayed();
  expect(receiver.callsTo('/gone')).toHaveLength(1);
});

it.each([429, 502, 504])('holds everything back for as long as %i with Retry-After asks', async (status) => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook', { status, headers: { 'retry-after': '2' } }), { fifo: true });
  await tell('key.revoked', { keyId: randomUUID() });
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(endpoint.id, 2);
  const rows = await owner.query<{ waited_ms: number }>(
    `SELECT extract(epoch FROM (lead(started_at) OVER (ORDER BY started_at)) - started_at) * 1000 AS waited_ms
       FROM webhook_attempts ORDER BY started_at LIMIT 1`,
  );
  expect(Number(rows[0]?.waited_ms)).toBeGreaterThanOrEqual(2_000);
  expect(receiver.callsTo('/hook')).toHaveLength(3);
});

it('disables an endpoint at which everything has failed for long, probes it, and goes on when it answers again', async () => {
  await startWorker({ timeScale: 1_000_000 }); // five days are 432 ms
  const failing = await addEndpoint('http://127.0.0.1:1/', { eventTypes: ['key.*'] });
  const other = await addEndpoint(receiver.url('/other'), { eventTypes: ['webhook.*'] });
  const telling = setInterval(() => void tell('key.revoked', { keyId: randomUUID() }), 50);
  try {
    await receiver.waitFor((calls) => calls.some(({ body }) => body.type === 'webhook.disabled'));
    expect(await endpointOf(failing.id)).toMatchObject({ disabled_reason: 'failing' });
    await owner.query('UPDATE webhook_endpoints SET url = $2 WHERE id = $1', [failing.id, receiver.url('/works')]);
    await receiver.waitFor((calls) => calls.some(({ body }) => body.type === 'webhook.enabled'));
    // An attempt at the old address may still fail, and count until the next one succeeds.
    await until(async () => (await endpointOf(failing.id))?.failing_since === null || undefined);
    expect(await endpointOf(failing.id)).toMatchObject({ disabled_reason: null });
  } finally {
    clearInterval(telling);
  }
  expect(other.id).not.toBe(failing.id);
});

it('keeps the order of a FIFO endpoint through failures, with two workers', async () => {
  await Promise.all([startWorker(), startWorker()]);
  const endpoint = await addEndpoint(receiver.url('/hook', 500, 200, 500, 'cut'), { fifo: true });
  for (let at = 0; at < 12; at += 1) await tell('key.revoked', { keyId: randomUUID() });
  await ended(endpoint.id, 12);
  const delivered = receiver.callsTo('/hook').map(({ body }) => body.data.sequence);
  expect([...new Set(delivered)]).toEqual(delivered.filter((sequence, at) => sequence !== delivered[at - 1]));
  expect([...new Set(delivered)]).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
});

it('serves others while one endpoint does not answer and another is dead', async () => {
  await startWorker({ timeScale: 1 });
  const held = Array.from({ length: 100 }, () => new Held());
  const stuck = await addEndpoint(receiver.url('/stuck', ...held), { eventTypes: ['key.*'] });
  await addEndpoint('http://127.0.0.1:1/', { eventTypes: ['key.*'] });
  await recordAll('key.revoked', 500);
  await receiver.waitForCalls('/stuck', 8);
  const quick = await addEndpoint(receiver.url('/quick'), { eventTypes: ['project.*'] });
  await tell('project.created', { projectId: randomUUID(), name: 'A' });
  await ended(quick.id, 1);
  expect(receiver.callsTo('/stuck').length).toBeLessThanOrEqual(32);
  await owner.query('DELETE FROM webhook_deliveries WHERE endpoint_id = $1', [stuck.id]);
  for (const call of held) call.answer(200);
});

it('never calls an address that is not allowed, and keeps the reason', async () => {
  await startWorker({ allow: '' });
  const endpoint = await addEndpoint(receiver.url('/hook'));
  await tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'given_up', last_status: null, last_error: expect.stringMatching(/^address_not_public: /) });
  expect(receiver.calls).toEqual([]);
});

it('sends no faster than an endpoint wants', async () => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook'), { maxPerSecond: 10 });
  await recordAll('key.revoked', 12);
  await ended(endpoint.id, 12);
  const [row] = await owner.query<{ ms: number }>(
    `SELECT extract(epoch FROM max(started_at) - min(started_at)) * 1000 AS ms
       FROM (SELECT (first_attempt ->> 'started_at')::timestamptz AS started_at FROM webhook_deliveries)`,
  );
  expect(Number(row?.ms)).toBeGreaterThanOrEqual(1_090);
});

it('makes an attempt again that a killed worker left', async () => {
  const endpoint = await addEndpoint(receiver.url('/hook'));
  await startWorker();
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(endpoint.id, 1);
  await workers.pop()?.close();
  await owner.query(
    `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, finished_at = NULL, claimed_until = clock_timestamp() + interval '400 ms'`,
  );
  await startWorker();
  const [before, after] = await receiver.waitForCalls('/hook', 2);
  expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
  await ended(endpoint.id, 1);
});

it('forgets what is older than 30 days, and nothing younger', async () => {
  await startWorker();
  const endpoint = await addEndpoint(receiver.url('/hook'));
  await recordAll('key.revoked', 2);
  const [old, young] = await ended(endpoint.id, 2);
  await workers.pop()?.close();
  await owner.query(`UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id = $1`, [old?.id]);
  await owner.query(`UPDATE webhook_attempts SET started_at = now() - interval '31 days' WHERE delivery_id = $1`, [old?.id]);
  await owner.query(`UPDATE events SET created_at = now() - interval '31 days' WHERE id = $1`, [old?.event_id]);
  await startWorker();
  await until(async () => (await owner.query('SELECT 1 FROM events WHERE id = $1', [old?.event_id])).length === 0 || undefined);
  expect(await owner.query('SELECT id FROM webhook_deliveries')).toEqual([{ id: young?.id }]);
  expect(await attemptsOf(old?.id)).toEqual([]);
  expect(await attemptsOf(young?.id)).toHaveLength(1);
});

it('tells an endpoint of a project of that project only', async () => {
  const [ours, theirs] = [await aProject(), await aProject()];
  await startWorker();
  const all = await addEndpoint(receiver.url('/all'));
  const one = await addEndpoint(receiver.url('/one'), { projectId: ours });
  await tell('project.created', { projectId: ours, name: 'A' }, ours);
  await tell('project.created', { projectId: theirs, name: 'B' }, theirs);
  await tell('key.revoked', { keyId: randomUUID() });
  await ended(all.id, 3);
  await ended(one.id, 1);
  expect(receiver.callsTo('/one').map(({ body }) => body.data.projectId)).toEqual([ours]);
});

it('sends a sample of any type to one endpoint alone, which is nobody’s missing event', async () => {
  await startWorker();
  const [tested, other] = [
    await addEndpoint(receiver.url('/tested'), { eventTypes: ['key.*'] }),
    await addEndpoint(receiver.url('/other')),
  ];
  await using customer = customerSide();
  for (const type of ['generation.completed', 'credits.low'] as const)
    expect(await customer.endpoints.sendTest(customer.caller, tested.id, type)).toHaveProperty('eventId');
  await ended(tested.id, 2);
  for (const { body } of receiver.callsTo('/tested')) {
    const { sequence: _, ...data } = body.data;
    expect(EVENTS[body.type as EventType].data.parse(data)).toEqual(data);
  }
  expect(receiver.callsTo('/other')).toEqual([]);
  expect(await customer.log.replayAll(customer.caller, other.id, { missing: true })).toEqual({ replayed: 0, more: false });
});

it('replays what an endpoint wants and never got: given up, or from before it, and nothing twice', async () => {
  await startWorker();
  await addEndpoint(receiver.url('/first'));
  const before = randomUUID();
  await tell('key.revoked', { keyId: before });
  await tell('project.created', { projectId: randomUUID(), name: 'not wanted' });
  await relayed();

  const late = await addEndpoint(receiver.url('/late', 400, 200), { eventTypes: ['key.*'] });
  const lost = randomUUID();
  await tell('key.revoked', { keyId: lost });
  await ended(late.id, 1);
  await owner.query(`UPDATE webhook_deliveries SET state = 'given_up' WHERE endpoint_id = $1`, [late.id]);
  await using customer = customerSide();
  const replay = () => customer.log.replayAll(customer.caller, late.id, { missing: true });
  expect(await Promise.all([replay(), replay()])).toContainEqual({ replayed: 2, more: false });
  await until(async () => {
    const rows = await owner.query(`SELECT 1 FROM webhook_deliveries WHERE endpoint_id = $1 AND state = 'delivered'`, [late.id]);
    return rows.length === 2 || undefined;
  });
  await relayed();
  const delivered = await owner.query<{ event_id: string }>('SELECT event_id FROM webhook_deliveries WHERE endpoint_id = $1', [late.id]);
  expect(new Set(delivered.map(({ event_id }) => event_id)).size).toBe(2);
  expect(delivered).toHaveLength(2);
  expect(new Set(receiver.callsTo('/late').map(({ body }) => body.data.keyId))).toEqual(new Set([before, lost]));
  expect(await replay()).toEqual({ replayed: 0, more: false });
});

it('encrypts secrets and headers from before there was a key, and all of them again for a new one', async () => {
  const endpoint = await addEndpoint(receiver.url('/hook'), { headers: { 'x-token': 'of the receiver' } });
  const kept = async () => {
    const [row] = await owner.query<{ secret: string; headers: string }>(
      `SELECT secret, headers #>> '{}' AS headers FROM webhook_secrets s JOIN webhook_endpoints e ON e.id = s.endpoint_id WHERE e.id = $1`,
      [endpoint.id],
    );
    return row as { secret: string; headers: string };
  };
  const young = newEncryptionKey('young');
  for (const [keys, id] of [
    [encryptionKey, 'test'],
    [`${young},${encryptionKey}`, 'young'],
    [young, 'young'],
  ] as const) {
    const worker = await startWorker({ keys: new EncryptionKeys(keys) });
    await until(async () => (await kept()).headers.startsWith(`encrypted.1.${id}.`) || undefined);
    expect((await kept()).secret).toMatch(new RegExp(`^encrypted\\.1\\.${id}\\.`));
    await tell('key.revoked', { keyId: randomUUID() });
    const calls = await until(async () => (receiver.calls.length > 0 ? receiver.calls.splice(0) : undefined));
    expect(verified(calls[0] as ReceivedCall, endpoint.secret)).toMatchObject({ type: 'key.revoked' });
    expect(calls[0]?.headers).toMatchObject({ 'x-token': 'of the receiver' });
    await worker.close();
    workers.splice(workers.indexOf(worker), 1);
  }
});

it('lets nobody but the control role read a secret or a header', async () => {
  await addEndpoint(receiver.url('/hook'));
  const api = new HotPool({ url: database.apiUrl, applicationName: 'test', maxConnections: 1 });
  for (const sql of ['SELECT secret FROM webhook_secrets', 'SELECT headers FROM webhook_endpoints', 'SELECT * FROM webhook_secrets'])
    await expect(api.transaction('read', [tenantId], (tx) => tx.query(sql))).rejects.toThrow('permission denied');
  expect(await control.query('SELECT secret FROM webhook_secrets')).toHaveLength(1);
  await api.close();
});

async function startWorker({
  allow = '127.0.0.0/8',
  timeScale = TIME_SCALE,
  keys = new EncryptionKeys(encryptionKey),
} = {}): Promise<INestApplicationContext> {
  const worker = await NestFactory.createApplicationContext(workerModule(allow, timeScale, keys), { logger: ['error'] });
  workers.push(worker);
  return worker;
}

function workerModule(allow: string, timeScale: number, keys: EncryptionKeys): DynamicModule {
  const pool = new HotPool({ url: database.controlUrl, applicationName: 'test-worker', maxConnections: 4 });
  const notifications = new Notifications(database.controlUrl, 'test-worker');
  const providers = [
    { provide: HotPool, useValue: pool },
    { provide: Notifications, useValue: notifications },
  ];
  @Module({})
  class Database {}
  @Module({})
  class Worker {
    async onApplicationShutdown(): Promise<void> {
      await notifications.close();
      await pool.close();
    }
  }
  return {
    module: Worker,
    imports: [
      { module: Database, global: true, providers, exports: [HotPool, Notifications] },
      StorageModule.for(
        { HALOGEN_STORAGE_DIR: storageFolder },
        { publicOrigin: 'http://api.test', secret: 'test-secret-test-secret-test-secret' },
      ),
      OutboundModule.with(parseOutboundSettings({ allow })),
      WebhooksModule.with({ timeScale }, keys),
    ],
  };
}

/** What the API does for the tenant. */
function customerSide() {
  const pool = new HotPool({ url: database.apiUrl, applicationName: 'test', maxConnections: 2 });
  const storage = new SignedUrls({ publicOrigin: 'http://api.test', secret: 'test-secret-test-secret-test-secret' });
  return {
    caller: { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'build' } satisfies Caller,
    endpoints: new EndpointsService(pool, new EncryptionKeys(encryptionKey)),
    log: new DeliveryLogService(pool, storage),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

async function aProject(): Promise<string> {
  const [row] = await owner.query<{ id: string }>('INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, $3) RETURNING id', [
    tenantId,
    randomUUID(),
    `project ${randomUUID()}`,
  ]);
  return row?.id as string;
}

interface EndpointOptions {
  projectId?: string;
  eventTypes?: string[];
  headers?: Record<string, string>;
  fifo?: boolean;
  maxPerSecond?: number;
}

async function addEndpoint(url: string, { projectId, eventTypes, headers = {}, fifo = false, maxPerSecond }: EndpointOptions = {}) {
  const { secret } = newSecret('hmac');
  const [row] = await owner.query<{ id: string }>(
    `WITH endpoint AS (
       INSERT INTO webhook_endpoints (tenant_id, url, signing, event_types, headers, fifo, max_per_second, project_id)
       VALUES ($1, $2, 'hmac', $3, $4, $5, $6, $8) RETURNING tenant_id, id)
     INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) SELECT tenant_id, id, $7 FROM endpoint RETURNING endpoint_id AS id`,
    [tenantId, url, eventTypes ?? null, headers, fifo, maxPerSecond ?? null, secret, projectId ?? null],
  );
  noteSecret(url, secret);
  return { id: row?.id as string, secret };
}

function noteSecret(url: string, secret: string): void {
  const { pathname } = new URL(url);
  secretsOf.set(pathname, [...(secretsOf.get(pathname) ?? []), secret]);
}

/** As the transaction of the fact does it. */
// biome-ignore lint/suspicious/noExplicitAny: a type and its data that fit each other, as the caller writes them.
async function tell(type: any, data: any, projectId?: string): Promise<void> {
  await control.transaction('tell', [], (tx) => recordEvents(tx, [{ tenantId, type, data, projectId }]));
}

async function recordAll(type: 'key.revoked', count: number): Promise<void> {
  const events = Array.from({ length: count }, () => ({ tenantId, type, data: { keyId: randomUUID() } }));
  await control.transaction('tell', [], (tx) => recordEvents(tx, events));
}

/** What the published verifier reads from a call. @throws when a signature does not fit */
function verified(call: ReceivedCall, secret: string): unknown {
  return new Webhook(secret).verify(call.text, call.headers as Record<string, string>);
}

interface DeliveryRow {
  id: string;
  event_id: string;
  state: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
}

/** Waits until so many deliveries of an endpoint have ended. */
async function ended(endpointId: string, count: number): Promise<DeliveryRow[]> {
  return until(async () => {
    const rows = await owner.query<DeliveryRow>(`SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND state <> 'pending'`, [
      endpointId,
    ]);
    return rows.length >= count ? rows : undefined;
  });
}

function relayed(): Promise<true> {
  return until(async () => (await owner.query('SELECT 1 FROM outbox')).length === 0 || undefined);
}

async function attemptsOf(deliveryId: string | undefined) {
  return owner.query<{
    attempt: number;
    status: number | null;
    error: string | null;
    answer_body: string | null;
    next_attempt_at: Date | null;
  }>(
    `SELECT attempt, url, status, error, answer_body, next_attempt_at FROM webhook_attempts WHERE delivery_id = $1
     UNION ALL
     SELECT 1, first_attempt ->> 'url', (first_attempt ->> 'status')::int, NULL, first_attempt ->> 'answer_body', NULL
       FROM webhook_deliveries WHERE id = $1 AND first_attempt IS NOT NULL
     ORDER BY attempt`,
    [deliveryId],
  );
}

async function endpointOf(id: string) {
  const [row] = await owner.query<{ failing_since: Date | null }>('SELECT * FROM webhook_endpoints WHERE id = $1', [id]);
  return row;
}

async function until<T>(ask: () => Promise<T | undefined>, limitMs = 20_000): Promise<T> {
  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(20, undefined, { signal });
  }
}
