import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JourneyPlatform } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

const ROOT = '/api/v1/generations';
const image = { model: 'photon-1', prompt: 'a lighthouse at dusk' };

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a client without types sees.
  body: any;
}

async function ask(method: string, route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await journey.fetch(route, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

it('makes an image in one call that waits for its end, and tells its stages, attempts and cost', async () => {
  const wish = { ...image, aspectRatio: '1:1', seed: 7, priority: 5, labels: { campaign: 'spring', 'team/name': 'brand' } };
  const { status, headers, body } = await ask('POST', ROOT, wish, { prefer: 'wait=50' });
  expect([status, headers.get('preference-applied')]).toEqual([201, 'wait=50']);
  expect(body).toMatchObject({
    state: 'completed',
    seed: 7,
    priority: 5,
    labels: wish.labels,
    serviceTier: 'shared',
    servedFrom: 'shared',
    output: { kind: 'image', widthPx: 1080, heightPx: 1080, format: 'jpg' },
    cost: { priceCredits: '5', reservedCredits: '0', settledCredits: '5', releasedCredits: '0' },
    attempts: [{ attempt: 1, endReason: 'settled' }],
    request: wish,
  });
  expect(body.stages.map(({ stage, state }: Record<string, string>) => `${stage} ${state}`)).toEqual([
    'moderate done',
    'plan done',
    'render done',
    'publish done',
  ]);
  expect((await fetch(body.assets.image)).status).toBe(200);
  expect((await ask('GET', `${ROOT}/${body.id}`)).body).toMatchObject({ id: body.id, state: 'completed' });
});

it('quotes without creating anything', async () => {
  const count = () => journey.database.query('SELECT 1 FROM generations');
  const before = await count();
  const { status, body } = await ask('POST', `${ROOT}/quote`, { model: 'ray-2', prompt: 'a long film', duration: '9s' });
  expect([status, body.priceCredits, body.output.durationS, body.stages.length]).toEqual([200, '426', 9, 7]);
  expect(await count()).toHaveLength(before.length);
});

it('streams what happens, and goes on after the last event seen', async () => {
  const { body: created } = await ask('POST', ROOT, image);
  const events = await eventsOf(created.id);
  expect(events.map(({ data }) => data.stage ?? data.type)).toEqual([
    'queued',
    'admitted',
    'moderate',
    'plan',
    ...(events.some(({ data }) => data.type === 'running') ? ['running'] : []),
    'render',
    'completed',
  ]);
  const last = events.at(-3) as (typeof events)[number];
  expect(await eventsOf(created.id, last.id)).toEqual(events.slice(-2));
});

it('cancels once and for all, and returns what was held', async () => {
  const { body: created } = await ask('POST', ROOT, { model: 'ray-2', prompt: 'a very long film', duration: '9s' });
  for (const _ of ['once', 'again']) {
    const { status, body } = await ask('POST', `${ROOT}/${created.id}/cancel`);
    expect([status, body.state, body.cost.releasedCredits, body.cost.reservedCredits]).toEqual([200, 'cancelled', '426', '0']);
  }
  const { body: finished } = await ask('POST', ROOT, image, { prefer: 'wait=50' });
  const refused = await ask('POST', `${ROOT}/${finished.id}/cancel`);
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:halogen:problem:already_final']);
});

it('lists by cursor and by state, model, label and time', async () => {
  const labels = { batch: 'list-test' };
  const made: string[] = [];
  for (let at = 0; at < 5; at += 1) made.unshift((await ask('POST', ROOT, { ...image, labels })).body.id);

  const seen: string[] = [];
  let query = '?limit=2&label=batch:list-test';
  for (;;) {
    const { body } = await ask('GET', `${ROOT}${query}`);
    seen.push(...body.generations.map(({ id }: { id: string }) => id));
    if (body.nextCursor === null) break;
    query = `?limit=2&label=batch:list-test&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(made);
  const only = async (filter: string) => (await ask('GET', `${ROOT}?limit=100&${filter}`)).body.generations;
  expect((await only('model=ray-2')).every(({ model }: { model: string }) => model === 'ray-2')).toBe(true);
  expect((await only('state=cancelled')).map(({ state }: { state: string }) => state)).toEqual(['cancelled']);
  expect(await only('label=batch:list-test&label=batch:other')).toEqual([]);
  expect(await only(`createdAfter=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
});

describe('refusals are problem details', () => {
  it.each<[string, object, number, string]>([
    ['an unknown model', { ...image, model: 'ray-9' }, 400, 'not_offered'],
    ['units that nobody ordered', { ...image, serviceTier: 'dedicated' }, 409, 'no_units'],
    ['units that nobody ordered, in the other spelling', { ...image, service_tier: 'dedicated' }, 409, 'no_units'],
    ['a deadline in the past', { ...image, startBy: '2020-01-01T00:00:00Z' }, 400, 'deadline_passed'],
    ['an unknown field', { ...image, colour: 'red' }, 422, 'invalid_fields'],
    [
      'seventeen labels',
      { ...image, labels: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v'])) },
      422,
      'invalid_fields',
    ],
    ['a short prompt', { ...image, prompt: 'x' }, 422, 'invalid_fields'],
  ])('%s', async (_what, body, status, problem) => {
    const answer = await ask('POST', ROOT, body);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect([answer.status, answer.body.type, answer.body.status]).toEqual([status, `urn:halogen:problem:${problem}`, status]);
  });

  it('an id that is not there, of another tenant, or none', async () => {
    const { body } = await ask('POST', ROOT, image);
    const asOther = { authorization: `Bearer ${journey.platform.run.keys.other}` };
    for (const route of [`${ROOT}/${body.id}`, `${ROOT}/${body.id}/events`]) {
      expect((await fetch(`${journey.platform.run.api}${route}`, { headers: asOther })).status).toBe(404);
    }
    expect((await ask('GET', `${ROOT}/nothing`)).status).toBe(404);
  });
});

/** Reads a stream to its end, which comes with the generation's. */
async function eventsOf(id: string, lastEventId?: string): Promise<{ id: string; data: { type: string; stage?: string } }[]> {
  const response = await journey.fetch(`${ROOT}/${id}/events`, { ...(lastEventId && { headers: { 'last-event-id': lastEventId } }) });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  return (await response.text())
    .split('\n\n')
    .filter((block) => block.startsWith('id: '))
    .map((block) => ({ id: /^id: (.*)$/m.exec(block)?.[1] as string, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] as string) }));
}
