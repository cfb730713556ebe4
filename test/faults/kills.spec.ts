import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterEach(async () => expect(await journey.ledgerDifferences()).toEqual([]));
afterAll(() => journey.stop());

it.each(['api', 'scheduler', 'generation-worker', 'background-worker', 'lane-agent'])(
  'kill -9 of %s in mid-generation: it ends, is charged once, and every state was called back',
  async (name) => {
    const path = `/killed-${name}`;
    const { id } = await journey.client().generations.video.create({
      model: 'ray-2',
      prompt: `a film that survives the death of ${name}`,
      resolution: '540p',
      duration: '9s',
      callback_url: journey.receiver.url(path),
    });
    await journey.untilState(id as string, 'running');
    for (const pid of journey.platform.pidsOf(name)) process.kill(pid, 'SIGKILL');

    const completed = await journey.untilFinal(id as string);
    expect(completed.state).toBe('completed');
    expect((await journey.transfersOf(id as string)).map(({ code }) => code)).toEqual(['reserve', 'settle']);
    await journey.receiver.waitFor((calls) => calls.some((call) => call.path === path && call.body.state === 'completed'));
    expect(inOrder(journey.receiver.callsTo(path).map(({ body }) => body.state))).toEqual(['dreaming', 'completed']);
    const [ours] = await journey.database.query<{ runs: number }>(
      'SELECT count(*)::int AS runs FROM leases WHERE generation_id = $1 AND end_reason = $2',
      [id, 'settled'],
    );
    expect(ours).toEqual({ runs: 1 });
  },
  120_000,
);

/** States as they were first called back; a delivery may come twice, but never an older state after a newer. */
function inOrder(states: string[]): string[] {
  return states.filter((state, at) => state !== states[at - 1]);
}
