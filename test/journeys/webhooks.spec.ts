import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordEvents } from '#features/events/events.service';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';
import type { ReceivedCall } from '#testing/callback-receiver';
import { pythonWith } from '#testing/python-venv';

const ROOT = '/api/v1/webhooks/endpoints';
const image = { model: 'photon-1', prompt: 'a picture that is heard of' } as const;
const run = promisify(execFile);

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant', HALOGEN_WEBHOOK_TIME_SCALE: '1000' });
});
afterAll(() => journey.stop());

// biome-ignore lint/suspicious/noExplicitAny: what a client without types sees.
async function ask(method: string, route: string, body?: unknown, key?: string): Promise<{ status: number; body: any }> {
  const response = await journey.fetch(route, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(key && { authorization: `Bearer ${key}` }) },
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

it('tells the life of generations; the npm and PyPI verifiers believe every call, during a rotation too', async () => {
  const { body: endpoint } = await ask('POST', ROOT, { url: journey.receiver.url('/life'), eventTypes: ['generation.*'] });
  const before = await journey.client().generations.image.create(image);
  await toldOf(before.id as string);
  const { body: rotated } = await ask('POST', `${ROOT}/${endpoint.id}/rotate-secret`);
  const after = await journey.client().generations.image.create(image);
  await toldOf(after.id as string);

  const callsOf = (id: string | undefined) => journey.receiver.callsTo('/life').filter(({ body }) => body.data.generationId === id);
  for (const { id } of [before, after]) {
    const told = callsOf(id).toSorted((a, b) => a.body.data.sequence - b.body.data.sequence);
    expect([...new Set(told.map(({ body }) => body.type))]).toEqual(['generation.queued', 'generation.running', 'generation.completed']);
    expect((await fetch(told.at(-1)?.body.data.assets.image)).status).toBe(200);
  }
  await verifiedByBoth(callsOf(before.id), endpoint.secret);
  await verifiedByBoth(callsOf(after.id), endpoint.secret);
  await verifiedByBoth(callsOf(after.id), rotated.secret);
  expect(rotated.secret).not.toBe(endpoint.secret);
  expect((await ask('GET', `${ROOT}/${endpoint.id}`)).body).not.toHaveProperty('secret');
});

it.each(['http://10.0.0.1/', 'http://[::ffff:a00:1]/', 'http://169.254.169.254/latest', 'ftp://example.com/', 'http://me:pw@example.com/'])(
  'refuses %s at registration and at a change',
  async (url) => {
    expect((await ask('POST', ROOT, { url })).status).toBe(400);
    const { body: endpoint } = await ask('POST', ROOT, { url: journey.receiver.url('/fine') });
    expect((await ask('PATCH', `${ROOT}/${endpoint.id}`, { url })).status).toBe(400);
    expect((await ask('DELETE', `${ROOT}/${endpoint.id}`)).status).toBe(204);
  },
);

it('keeps a log that only its tenant reads, and replays with the same id', async () => {
  const { body: endpoint } = await ask('POST', ROOT, {
    url: journey.receiver.url('/log', 500),
    eventTypes: ['webhook.*'],
    headers: { 'X-Token': 'a secret of the receiver' },
    signing: 'ed25519',
  });
  expect(endpoint).toMatchObject({ secret: null, publicKey: expect.stringMatching(/^whpk_/), headerNames: ['x-token'] });
  expect((await ask('POST', `${ROOT}/${endpoint.id}/test`)).status).toBe(202);
  await journey.receiver.waitForCalls('/log', 2);
  const delivery = await until(async () => {
    const { body } = await ask('GET', `${ROOT}/${endpoint.id}/deliveries?state=delivered`);
    return body.deliveries[0];
  });
  const { body: log } = await ask('GET', `${ROOT}/${endpoint.id}/deliveries/${delivery.id}`);
  expect(log.log).toMatchObject([{ status: 500 }, { status: 200, nextAttemptAt: null }]);
  expect(JSON.parse(log.request.body)).toMatchObject({ type: 'webhook.test', data: { endpointId: endpoint.id } });
  expect(JSON.stringify(log)).not.toContain('a secret of the receiver');

  const { other } = journey.platform.run.keys;
  for (const route of ['', '/deliveries', `/deliveries/${delivery.id}`])
    expect((await ask('GET', `${ROOT}/${endpoint.id}${route}`, undefined, other)).status).toBe(404);
  expect((await ask('POST', `${ROOT}/${endpoint.id}/replay`, {}, other)).status).toBe(404);

  expect((await ask('POST', `${ROOT}/${endpoint.id}/deliveries/${delivery.id}/replay`)).status).toBe(202);
  await journey.receiver.waitForCalls('/log', 3);
  await until(async () =>
    (await ask('GET', `${ROOT}/${endpoint.id}/deliveries?state=delivered`)).body.deliveries.length > 0 ? true : undefined,
  );
  expect((await ask('POST', `${ROOT}/${endpoint.id}/replay`, { eventType: 'webhook.test' })).body).toEqual({ replayed: 1, more: false });
  const calls = await journey.receiver.waitForCalls('/log', 4);
  expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(calls.every(({ headers }) => headers['x-token'] === 'a secret of the receiver')).toBe(true);
  expect(calls.every(({ headers }) => /^v1a,/.test(String(headers['webhook-signature'])))).toBe(true);
});

it('loses no event while Redis is flushed and background-worker is killed', async () => {
  const count = 2_000;
  const { body: endpoint } = await ask('POST', ROOT, { url: journey.receiver.url('/all'), eventTypes: ['key.revoked'] });
  const [tenant] = await journey.database.query<{ tenant_id: string }>('SELECT tenant_id FROM webhook_endpoints WHERE id = $1', [
    endpoint.id,
  ]);
  const tenantId = tenant?.tenant_id as string;
  const redis = new Redis(journey.platform.run.redis);
  const keyIds = Array.from({ length: count }, () => randomUUID());
  for (let at = 0; at < count; at += 100) {
    await journey.database.transaction('facts', [], (tx) =>
      recordEvents(
        tx,
        keyIds.slice(at, at + 100).map((keyId) => ({ tenantId, type: 'key.revoked', data: { keyId } })),
      ),
    );
    if (at % 500 !== 400) continue;
    await journey.receiver.waitFor(() => journey.receiver.callsTo('/all').length > at / 4);
    await redis.flushall();
    for (const pid of journey.platform.pidsOf('background-worker')) process.kill(pid, 'SIGKILL');
  }
  redis.disconnect();
  const seen = () => new Set(journey.receiver.callsTo('/all').map(({ body }) => body.data.keyId));
  await journey.receiver.waitFor(() => seen().size >= count, 90_000);
  const calls = journey.receiver.callsTo('/all');
  console.log(`${count} events, ${calls.length} calls, four kills and flushes`);
  expect([...seen()].toSorted()).toEqual(keyIds.toSorted());
  expect(new Set(calls.map(({ body }) => body.data.sequence)).size).toBe(count);
  for (const call of calls) new Webhook(endpoint.secret).verify(call.text, call.headers as Record<string, string>);
}, 180_000);

async function toldOf(generationId: string): Promise<void> {
  const isLast = ({ body }: ReceivedCall) => body.type === 'generation.completed' && body.data.generationId === generationId;
  await journey.receiver.waitFor((calls) => calls.some(isLast), 60_000);
  // All of one life: an earlier event may still be on its way when the last one has arrived.
  await journey.receiver.waitFor((calls) => calls.filter(({ body }) => body.data?.generationId === generationId).length >= 3, 60_000);
}

const PYTHON_VERIFIER = `
import json, sys
from standardwebhooks import Webhook
given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
for call in given["calls"]:
    webhook.verify(call["text"], call["headers"])
print(len(given["calls"]))
`;

/** @throws when either published verifier refuses one of the calls */
async function verifiedByBoth(calls: readonly ReceivedCall[], secret: string): Promise<void> {
  expect(calls.length).toBeGreaterThan(0);
  for (const { text, headers } of calls) new Webhook(secret).verify(text, headers as Record<string, string>);
  const python = await pythonWith(['standardwebhooks==1.1.0']);
  const verifying = run(python, ['-c', PYTHON_VERIFIER]);
  verifying.child.stdin?.end(JSON.stringify({ secret, calls }));
  expect((await verifying).stdout.trim()).toBe(String(calls.length));
}
