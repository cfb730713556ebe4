import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant' });
});
afterAll(() => journey.stop());

const CLIENTS = 12;
const CREATES_BEFORE = 20;
const CREATES_AFTER = 10;

// The API between reserve and answer, the worker between settle and reply, Postgres between anything.
it.each(['api', 'generation-worker', 'postgres'])(
  'kill -9 of %s under load: every answered create is there, everything ends, and the ledger adds up without repair',
  async (name) => {
    const created: string[] = [];
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async () => {
      const client = journey.client('demo', { maxRetries: 0 });
      while (!isOver) {
        await client.generations.image.create({ model: 'photon-1', prompt: `a picture that outlives ${name}` }).then(
          ({ id }) => created.push(id as string),
          () => sleep(50), // what was killed does not answer; hammering it would not bring it back
        );
      }
    });
    await until(async () => (created.length >= CREATES_BEFORE ? true : undefined));
    const killed = journey.platform.pidsOf(name);
    expect(killed).not.toEqual([]);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const enough = created.length + CREATES_AFTER;
    await until(async () => (created.length >= enough ? true : undefined));
    isOver = true;
    await Promise.all(clients);

    await until(async () => {
      const [left] = await journey.database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM generations WHERE state IN ('queued', 'admitted', 'running')`,
      );
      return left?.count === 0 ? true : undefined;
    });
    const kept = await journey.database.query('SELECT 1 FROM generations WHERE id = ANY ($1::uuid[])', [created]);
    expect(kept).toHaveLength(created.length);
    expect(await journey.ledgerDifferences()).toEqual([]);
  },
  240_000,
);
