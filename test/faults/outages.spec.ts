import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant' });
});
afterEach(async () => expect(await journey.ledgerDifferences()).toEqual([]));
afterAll(() => journey.stop());

const image = { model: 'photon-1', prompt: 'a picture that outlives an outage' } as const;

it('answers 503 with Retry-After while Postgres is away, never 500, and serves again after its return', async () => {
  await journey.platform.halt('postgres');
  const client = journey.client('demo', { maxRetries: 0 });
  for (const call of [() => client.generations.image.create(image), () => client.generations.list(), () => client.credits.get()]) {
    const error = (await call().then(
      () => undefined,
      (failure: unknown) => failure,
    )) as { status: number; headers: Record<string, string> };
    expect(error.status).toBe(503);
    expect(Number(error.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect((await fetch(`${journey.platform.run.api}/health/live`)).status).toBe(200);
  expect((await fetch(`${journey.platform.run.api}/health/ready`)).status).toBe(503);

  await journey.platform.resume('postgres');
  const returnedAt = Date.now();
  const created = await until(() => client.generations.image.create(image));
  console.log(`served again ${Date.now() - returnedAt} ms after Postgres returned`);
  expect((await journey.untilFinal(created.id as string)).state).toBe('completed');
});

it.each(['redis', 'temporal'])('takes submits while %s is away, and the work runs when it is back', async (server) => {
  await journey.platform.halt(server);
  const path = `/without-${server}`;
  const created = await Promise.all(
    Array.from({ length: 5 }, () => journey.client().generations.image.create({ ...image, callback_url: journey.receiver.url(path) })),
  );
  expect(created.every(({ state }) => state === 'queued')).toBe(true);
  await journey.platform.resume(server);

  for (const { id } of created) expect((await journey.untilFinal(id as string)).state).toBe('completed');
  await journey.receiver.waitFor(() => journey.receiver.callsTo(path).filter(({ body }) => body.state === 'completed').length >= 5);
  for (const { id } of created) {
    expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'settle']);
    const states = journey.receiver
      .callsTo(path)
      .filter(({ body }) => body.id === id)
      .map(({ body }) => body.state);
    expect([...new Set(states)]).toEqual(['dreaming', 'completed']);
  }
});
