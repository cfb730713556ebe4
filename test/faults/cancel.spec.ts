import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterEach(async () => expect(await journey.ledgerDifferences()).toEqual([]));
afterAll(() => journey.stop());

const film = { model: 'ray-2', prompt: 'a film that nobody waits for', resolution: '720p', duration: '9s' } as const;

it('frees the lane of a running generation, charges nothing and calls back once more', async () => {
  const { id } = await journey.client().generations.video.create({ ...film, callback_url: journey.receiver.url('/running') });
  await journey.untilState(id as string, 'running');
  const cancelledAt = Date.now();
  await journey.client().generations.delete(id as string);
  await untilFreed(id as string);
  console.log(`the lane was free ${Date.now() - cancelledAt} ms after the cancel`);

  expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'release']);
  await journey.receiver.waitFor((calls) => calls.some(({ path, body }) => path === '/running' && body.state === 'failed'));
  const [last] = journey.receiver.callsTo('/running').slice(-1);
  expect(last?.body).toMatchObject({ id, state: 'failed', failure_reason: 'Cancelled by the customer' });
});

it('frees the lane of an admitted generation that never began, and the late stage finds its fence refused', async () => {
  // Frozen agents take no stage, but are not yet silent: the scheduler still gives them leases.
  const agents = journey.platform.pidsOf('lane-agent');
  for (const pid of agents) process.kill(pid, 'SIGSTOP');
  const { id } = await journey.client().generations.video.create(film);
  await journey.untilState(id as string, 'admitted');
  await journey.client().generations.delete(id as string);
  for (const pid of agents) process.kill(pid, 'SIGCONT');

  await untilFreed(id as string);
  const [generation] = await journey.database.query('SELECT state, first_began_at FROM generations WHERE id = $1', [id]);
  expect(generation).toEqual({ state: 'cancelled', first_began_at: null });
  expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'release']);

  // The lane works on.
  const next = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'the next picture' });
  expect((await journey.untilFinal(next.id as string)).state).toBe('completed');
});

it('refuses blacklisted words before anything runs, and charges nothing', async () => {
  const { id } = await journey.client().generations.image.create({ model: 'photon-1', prompt: 'a picture of a beheading' });
  const failed = await journey.untilFinal(id as string);
  expect(failed).toMatchObject({ state: 'failed', failure_reason: 'Contains blacklisted words', status: 'failed' });
  expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'release']);
  await untilFreed(id as string);
});

async function untilFreed(id: string): Promise<void> {
  await until(async () => {
    const rows = await journey.database.query('SELECT 1 FROM lane_occupancies WHERE generation_id = $1', [id]);
    return rows.length === 0 ? true : undefined;
  }, 20);
}
