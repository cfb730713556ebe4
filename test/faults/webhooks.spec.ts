import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAULTS, writeUnderFaults } from '#test/faults/webhook-faults';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';
import type { ReceivedCall } from '#testing/callback-receiver';
import { PublishedVerifiers } from '#testing/published-verifiers';

const ROOT = '/api/v1/webhooks/endpoints';
/** A loaded machine needs many times the minute of a quiet one. */
const FAULTS_TIME_LIMIT_MS = 600_000;
const image = { model: 'photon-1', prompt: 'a picture that is heard of' } as const;

let journey: JourneyPlatform;
let verifiers: PublishedVerifiers;

beforeAll(async () => {
  verifiers = await PublishedVerifiers.start();
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant', HALOGEN_WEBHOOK_TIME_SCALE: '1000' });
});
afterAll(async () => {
  await verifiers.stop();
  await journey.stop();
});

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
  await verifiers.verify(callsOf(before.id), endpoint.secret);
  await verifiers.verify(callsOf(after.id), endpoint.secret);
  await verifiers.verify(callsOf(after.id), rotated.secret);
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

const EVENTS = 10_000;

it('loses no event and doubles none while Redis is flushed, and Redis, Postgres and every process are killed', {
  timeout: FAULTS_TIME_LIMIT_MS,
}, async () => {
  const { body: endpoint } = await ask('POST', ROOT, {
    url: journey.receiver.url('/faults'),
    eventTypes: ['key.revoked', 'generation.completed'],
  });
  const [owner] = await journey.database.query<{ tenant_id: string }>('SELECT tenant_id FROM webhook_endpoints WHERE id = $1', [
    endpoint.id,
  ]);
  const calls = () => journey.receiver.callsTo('/faults');
  const subjects = new Set<string>();
  let [noted, verified, rotated] = [0, 0, ''];
  const heard = () => {
    for (const call of calls().slice(noted)) {
      subjects.add(subjectOf(call));
      noted += 1;
    }
    return subjects.size;
  };
  /** Soon after they arrive: a verifier refuses old timestamps. */
  const verifyNew = async () => {
    const unverified = calls().slice(verified);
    verified += unverified.length;
    if (unverified.length > 0) await verifiers.verify(unverified, endpoint.secret);
    const bothWays = unverified.filter(({ headers }) => String(headers['webhook-signature']).includes(' '));
    if (bothWays.length > 0) await verifiers.verify(bothWays, rotated);
  };
  const { keyIds, generationIds } = await writeUnderFaults(journey, {
    tenantId: owner?.tenant_id as string,
    events: EVENTS,
    heard,
    between: async (fault) => {
      await verifyNew();
      if (fault === 'api') rotated = await until(async () => (await ask('POST', `${ROOT}/${endpoint.id}/rotate-secret`)).body.secret);
    },
  });
  await until(async () => (heard() >= EVENTS && generationIds.every((id) => subjects.has(id)) ? true : undefined));
  await verifyNew();
  console.log(`${subjects.size} events, ${calls().length} calls, killed or flushed: ${FAULTS.join(', ')}`);

  expect(keyIds.filter((id) => !subjects.has(id))).toEqual([]);
  const identities = Map.groupBy(calls(), subjectOf);
  for (const [subject, made] of identities)
    expect([subject, new Set(made.map(({ headers, body }) => `${headers['webhook-id']} ${body.data.sequence}`)).size]).toEqual([
      subject,
      1,
    ]);
  expect(new Set(calls().map(({ headers }) => headers['webhook-id'])).size).toBe(identities.size);
  expect(new Set(calls().map(({ body }) => body.data.sequence)).size).toBe(identities.size);
  expect(await journey.ledgerDifferences()).toEqual([]);
});

/** What an event of this journey is about. */
function subjectOf({ body }: ReceivedCall): string {
  return body.data.keyId ?? body.data.generationId;
}

async function toldOf(generationId: string): Promise<void> {
  const isLast = ({ body }: ReceivedCall) => body.type === 'generation.completed' && body.data.generationId === generationId;
  await journey.receiver.waitFor((calls) => calls.some(isLast), 60_000);
  // All of one life: an earlier event may still be on its way when the last one has arrived.
  await journey.receiver.waitFor((calls) => calls.filter(({ body }) => body.data?.generationId === generationId).length >= 3, 60_000);
}
