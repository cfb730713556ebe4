import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { EVENTS, type EventType } from '#contracts/events/catalogue';
import { submitAll } from '#features/generations/submit-group';
import { until } from '#features/webhooks/testing/until';
import { verified, WebhookEngine } from '#features/webhooks/testing/webhook-engine';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import type { ReceivedCall } from '#testing/callback-receiver';

let engine: WebhookEngine;

beforeAll(async () => {
  engine = await WebhookEngine.start();
});
afterAll(() => engine.stop());
beforeEach(() => engine.begin());
afterEach(() => engine.end());

it('tells an event once, signed as Standard Webhooks has it, and logs request and answer', async () => {
  await engine.startWorker({ timeScale: 1 });
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'), { headers: { 'x-mine': 'yes' } });
  const keyId = randomUUID();
  await engine.tell('key.revoked', { keyId });
  const [delivery] = await engine.ended(endpoint.id, 1);
  const [call] = engine.receiver.callsTo('/hook') as [ReceivedCall];
  expect(engine.receiver.calls).toHaveLength(1);
  expect(verified(call, endpoint.secret)).toEqual({
    type: 'key.revoked',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    data: { keyId, sequence: 1 },
  });
  expect(call.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Halogen-Webhooks/1', 'x-mine': 'yes' });
  expect(call.headers['webhook-id']).toBe(delivery?.event_id);
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, last_status: 200 });
  expect(await engine.attemptsOf(delivery?.id)).toMatchObject([
    { attempt: 1, url: engine.receiver.url('/hook'), status: 200, error: null },
  ]);
  expect(await engine.owner.query('SELECT id FROM outbox')).toEqual([]);
});

it('numbers the events of a tenant, and tells an endpoint only of those it wants', async () => {
  await engine.startWorker({ timeScale: 1 });
  const all = await engine.addEndpoint(engine.receiver.url('/all'));
  const some = await engine.addEndpoint(engine.receiver.url('/some'), { eventTypes: ['project.*', 'key.created'] });
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.tell('project.created', { projectId: randomUUID(), name: 'A' });
  await engine.tell('key.created', { keyId: randomUUID(), name: 'B', scopes: [] });
  await engine.ended(all.id, 3);
  await engine.ended(some.id, 2);
  const seen = (path: string) =>
    engine.receiver
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
  await engine.startWorker();
  const api = new HotPool({ url: engine.database.apiUrl, applicationName: 'test', maxConnections: 1 });
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'));
  const image = anImage(engine.tenantId);
  const quiet = anImage(await aTenant(engine.control, 1_000_000_000n));
  await api.transaction('submit', [engine.tenantId, quiet.tenantId], (tx) => submitAll(tx, [image, quiet], false));
  await engine.ended(endpoint.id, 1);
  const [call] = engine.receiver.calls as [ReceivedCall];
  expect(call.body).toMatchObject({
    type: 'generation.queued',
    data: { generationId: image.id, kind: 'image', model: 'photon-1', sequence: 1 },
  });
  // Nobody asked to hear of the other tenant, so nothing was written for it.
  expect(await engine.owner.query('SELECT 1 FROM events WHERE tenant_id = $1', [quiet.tenantId])).toEqual([]);
  await api.close();
});

it('forgets what is older than 30 days, and nothing younger', async () => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'));
  await engine.recordAll('key.revoked', 2);
  const [old, young] = await engine.ended(endpoint.id, 2);
  await engine.stopWorker();
  await engine.owner.query(`UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id = $1`, [old?.id]);
  await engine.owner.query(`UPDATE webhook_attempts SET started_at = now() - interval '31 days' WHERE delivery_id = $1`, [old?.id]);
  await engine.owner.query(`UPDATE events SET created_at = now() - interval '31 days' WHERE id = $1`, [old?.event_id]);
  await engine.startWorker();
  await until(async () => (await engine.owner.query('SELECT 1 FROM events WHERE id = $1', [old?.event_id])).length === 0 || undefined);
  expect(await engine.owner.query('SELECT id FROM webhook_deliveries')).toEqual([{ id: young?.id }]);
  expect(await engine.attemptsOf(old?.id)).toEqual([]);
  expect(await engine.attemptsOf(young?.id)).toHaveLength(1);
});

it('tells an endpoint of a project of that project only', async () => {
  const [ours, theirs] = [await engine.aProject(), await engine.aProject()];
  await engine.startWorker();
  const all = await engine.addEndpoint(engine.receiver.url('/all'));
  const one = await engine.addEndpoint(engine.receiver.url('/one'), { projectId: ours });
  await engine.tell('project.created', { projectId: ours, name: 'A' }, ours);
  await engine.tell('project.created', { projectId: theirs, name: 'B' }, theirs);
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(all.id, 3);
  await engine.ended(one.id, 1);
  expect(engine.receiver.callsTo('/one').map(({ body }) => body.data.projectId)).toEqual([ours]);
});

it('sends a sample of any type to one endpoint alone, which is nobody’s missing event', async () => {
  await engine.startWorker();
  const [tested, other] = [
    await engine.addEndpoint(engine.receiver.url('/tested'), { eventTypes: ['key.*'] }),
    await engine.addEndpoint(engine.receiver.url('/other')),
  ];
  await using customer = engine.customerSide();
  for (const type of ['generation.completed', 'credits.low'] as const)
    expect(await customer.endpoints.sendTest(customer.caller, tested.id, type)).toHaveProperty('eventId');
  await engine.ended(tested.id, 2);
  for (const { body } of engine.receiver.callsTo('/tested')) {
    const { sequence: _, ...data } = body.data;
    expect(EVENTS[body.type as EventType].data.parse(data)).toEqual(data);
  }
  expect(engine.receiver.callsTo('/other')).toEqual([]);
  expect(await customer.log.replayAll(customer.caller, other.id, { missing: true })).toEqual({ replayed: 0, more: false });
});

it('replays what an endpoint wants and never got: given up, or from before it, and nothing twice', async () => {
  await engine.startWorker();
  await engine.addEndpoint(engine.receiver.url('/first'));
  const before = randomUUID();
  await engine.tell('key.revoked', { keyId: before });
  await engine.tell('project.created', { projectId: randomUUID(), name: 'not wanted' });
  await engine.relayed();

  const late = await engine.addEndpoint(engine.receiver.url('/late', 400, 200), { eventTypes: ['key.*'] });
  const lost = randomUUID();
  await engine.tell('key.revoked', { keyId: lost });
  await engine.ended(late.id, 1);
  await engine.owner.query(`UPDATE webhook_deliveries SET state = 'given_up' WHERE endpoint_id = $1`, [late.id]);
  await using customer = engine.customerSide();
  const replay = () => customer.log.replayAll(customer.caller, late.id, { missing: true });
  expect(await Promise.all([replay(), replay()])).toContainEqual({ replayed: 2, more: false });
  await until(async () => {
    const rows = await engine.owner.query(`SELECT 1 FROM webhook_deliveries WHERE endpoint_id = $1 AND state = 'delivered'`, [late.id]);
    return rows.length === 2 || undefined;
  });
  await engine.relayed();
  const delivered = await engine.owner.query<{ event_id: string }>('SELECT event_id FROM webhook_deliveries WHERE endpoint_id = $1', [
    late.id,
  ]);
  expect(new Set(delivered.map(({ event_id }) => event_id)).size).toBe(2);
  expect(delivered).toHaveLength(2);
  expect(new Set(engine.receiver.callsTo('/late').map(({ body }) => body.data.keyId))).toEqual(new Set([before, lost]));
  expect(await replay()).toEqual({ replayed: 0, more: false });
});

it('makes one delivery of an event that two ask for before the relay comes', async () => {
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await using customer = engine.customerSide();
  const { id } = await engine.addEndpoint(engine.receiver.url('/asked'));
  for (let time = 0; time < 2; time += 1)
    expect(await customer.log.replayAll(customer.caller, id, { missing: true })).toEqual({ replayed: 1, more: false });
  await engine.startWorker();
  await engine.relayed();
  expect(await engine.owner.query('SELECT 1 FROM webhook_deliveries WHERE endpoint_id = $1', [id])).toHaveLength(1);
});
