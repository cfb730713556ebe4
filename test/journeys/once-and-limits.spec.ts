import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import LumaAI from 'lumaai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(() => journey.stop());

const image = { model: 'photon-1', prompt: 'a lighthouse at dusk' } as const;
const countOf = async (prompt: string) => (await journey.database.query('SELECT 1 FROM generations WHERE prompt = $1', [prompt])).length;

it('makes one generation when the published client sends a create again whose answer was lost', async () => {
  const proxy = await answersLost(1);
  const client = new LumaAI({ authToken: journey.platform.run.keys.demo, baseURL: `${proxy.origin}/dream-machine/v1` });
  const created = await client.generations.image.create({ ...image, prompt: 'an answer is lost' });
  expect(proxy.seen()).toBe(2);
  expect(await countOf('an answer is lost')).toBe(1);
  expect((await journey.client().generations.get(created.id as string)).id).toBe(created.id);
  await proxy.close();
});

it('makes ten of ten identical creates, of which each answer is lost once', async () => {
  const proxy = await answersLost(10);
  const client = new LumaAI({ authToken: journey.platform.run.keys.demo, baseURL: `${proxy.origin}/dream-machine/v1`, maxRetries: 5 });
  const created = await Promise.all(
    Array.from({ length: 10 }, () => client.generations.image.create({ ...image, prompt: 'ten answers are lost' })),
  );
  expect(new Set(created.map(({ id }) => id)).size).toBe(10);
  expect(await countOf('ten answers are lost')).toBe(10);
  await proxy.close();
});

it('answers an idempotency key the same again, after the API was killed too, and refuses another body', async () => {
  const post = (body: object) =>
    journey.fetch('/dream-machine/v1/generations/image', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'idempotency-key': 'order-7' },
    });
  const first = await (await post({ ...image, prompt: 'made once' })).json();
  for (const pid of journey.platform.run.pids.api ?? []) process.kill(pid, 'SIGKILL');
  const again = await until(async () => {
    const answer = await post({ ...image, prompt: 'made once' });
    return answer.status === 201 ? answer : undefined;
  });
  const third = await post({ ...image, prompt: 'made once' });
  expect([again.status, await again.json()]).toEqual([201, first]);
  expect(await third.json()).toEqual(first);
  expect((await post({ ...image, prompt: 'another' })).status).toBe(422);
});

it('sends away a limited key once its limit is reached, with a time that is true', async () => {
  const create = (at: number) =>
    fetch(`${journey.platform.run.api}/dream-machine/v1/generations/image`, {
      method: 'POST',
      body: JSON.stringify({ ...image, prompt: `quick create ${at}` }),
      headers: { authorization: `Bearer ${journey.platform.run.keys.limited}`, 'content-type': 'application/json' },
    });
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => create(at)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status !== 429 && status !== 201)).toEqual([]);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers } of refused) {
    const [ms, seconds] = [Number(headers.get('retry-after-ms')), Number(headers.get('retry-after'))];
    expect(ms).toBeGreaterThan(0);
    expect(seconds).toBe(Math.ceil(ms / 1_000));
  }
});

/** A way to the API on which the first answers to creates are lost: the API has committed, the client sees its connection cut. */
async function answersLost(howMany: number): Promise<{ origin: string; seen(): number; close(): Promise<void> }> {
  const api = new URL(journey.platform.run.api);
  let seen = 0;
  const server = createServer((incoming, outgoing) => {
    seen += 1;
    const nth = seen;
    const onward = send(
      { host: api.hostname, port: api.port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (nth <= howMany) {
          answer.resume().on('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => seen,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
