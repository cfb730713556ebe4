import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '#features/webhooks/testing/until';
import { verified, WebhookEngine } from '#features/webhooks/testing/webhook-engine';
import { Held, type ReceivedCall } from '#testing/callback-receiver';

let engine: WebhookEngine;

beforeAll(async () => {
  engine = await WebhookEngine.start();
});
afterAll(() => engine.stop());
beforeEach(() => engine.begin());
afterEach(() => engine.end());

it.each([
  { name: '500', answer: 500, log: { status: 500, error: null } },
  { name: 'a cut connection', answer: 'cut', log: { status: null, error: expect.stringMatching(/^reset: /) } },
  { name: 'a body that never ends', answer: 'stuck', log: { status: null, error: expect.stringMatching(/^timeout: /) } },
  { name: 'silence', answer: new Held(), log: { status: null, error: expect.stringMatching(/^timeout: /) } },
  { name: 'a redirect', answer: { redirectTo: '/elsewhere' }, log: { status: 302, error: null } },
] as const)('tries again after $name, with the same id and its own signature', async ({ answer, log }) => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook', answer));
  await engine.tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await engine.ended(endpoint.id, 1);
  const [first, second] = engine.receiver.callsTo('/hook') as [ReceivedCall, ReceivedCall];
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  for (const call of [first, second]) expect(verified(call, endpoint.secret)).toMatchObject({ type: 'key.revoked' });
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 2 });
  const attempts = await engine.attemptsOf(delivery?.id);
  expect(attempts).toMatchObject([log, { status: 200, error: null }]);
  expect(attempts[0]?.next_attempt_at).not.toBeNull();
  expect(engine.receiver.callsTo('/elsewhere')).toEqual([]);
});

it('reads 64 kB of an answer that never ends, and takes its status', async () => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook', 'endless'));
  await engine.tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await engine.ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'delivered', attempts: 1 });
  expect((await engine.attemptsOf(delivery?.id))[0]?.answer_body).toHaveLength(65_536);
});

it('gives up after ten attempts', async () => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook', ...Array.from({ length: 20 }, () => 500)));
  await engine.tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await engine.ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'given_up', attempts: 10, last_status: 500 });
  expect(engine.receiver.callsTo('/hook')).toHaveLength(10);
});

it('stops at 410, disables the endpoint and tells the tenant’s others', async () => {
  await engine.startWorker();
  const gone = await engine.addEndpoint(engine.receiver.url('/gone', 410), { eventTypes: ['key.*'] });
  const other = await engine.addEndpoint(engine.receiver.url('/other'), { eventTypes: ['webhook.*'] });
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(other.id, 1);
  expect(engine.receiver.callsTo('/other').map(({ body }) => [body.type, body.data.endpointId, body.data.reason])).toEqual([
    ['webhook.disabled', gone.id, 'gone'],
  ]);
  expect(await engine.ended(gone.id, 1)).toMatchObject([{ state: 'given_up', attempts: 1 }]);
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.relayed();
  expect(engine.receiver.callsTo('/gone')).toHaveLength(1);
});

it('disables an endpoint at which everything has failed for long, probes it, and goes on when it answers again', async () => {
  await engine.startWorker({ timeScale: 1_000_000 }); // five days are 432 ms
  const failing = await engine.addEndpoint('http://127.0.0.1:1/', { eventTypes: ['key.*'] });
  const other = await engine.addEndpoint(engine.receiver.url('/other'), { eventTypes: ['webhook.*'] });
  const telling = setInterval(() => void engine.tell('key.revoked', { keyId: randomUUID() }), 50);
  try {
    await engine.receiver.waitFor((calls) => calls.some(({ body }) => body.type === 'webhook.disabled'));
    expect(await engine.endpointOf(failing.id)).toMatchObject({ disabled_reason: 'failing' });
    await engine.owner.query('UPDATE webhook_endpoints SET url = $2 WHERE id = $1', [failing.id, engine.receiver.url('/works')]);
    await engine.receiver.waitFor((calls) => calls.some(({ body }) => body.type === 'webhook.enabled'));
    // An attempt at the old address may still fail, and count until the next one succeeds.
    await until(async () => (await engine.endpointOf(failing.id))?.failing_since === null || undefined);
    expect(await engine.endpointOf(failing.id)).toMatchObject({ disabled_reason: null });
  } finally {
    clearInterval(telling);
  }
  expect(other.id).not.toBe(failing.id);
});

it('never calls an address that is not allowed, and keeps the reason', async () => {
  await engine.startWorker({ allow: '' });
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'));
  await engine.tell('key.revoked', { keyId: randomUUID() });
  const [delivery] = await engine.ended(endpoint.id, 1);
  expect(delivery).toMatchObject({ state: 'given_up', last_status: null, last_error: expect.stringMatching(/^address_not_public: /) });
  expect(engine.receiver.calls).toEqual([]);
});

it('makes an attempt again that a killed worker left', async () => {
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'));
  await engine.startWorker();
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(endpoint.id, 1);
  await engine.stopWorker();
  await engine.owner.query(
    `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, finished_at = NULL, claimed_until = clock_timestamp() + interval '400 ms'`,
  );
  await engine.startWorker();
  const [before, after] = await engine.receiver.waitForCalls('/hook', 2);
  expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
  await engine.ended(endpoint.id, 1);
});
