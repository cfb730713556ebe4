import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, postBatch } from '#test/journeys/batch-calls';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

const KILL_TIME_LIMIT_MS = 300_000;
const KILL_ROWS = 100_000;
/** In this order, one after the other, as the rows come in. */
const KILLED = ['background-worker', 'redis', 'postgres', 'api', 'scheduler', 'generation-worker', 'lane-agent', 'background-worker'];
const NDJSON = 'application/x-ndjson';

let journey: JourneyPlatform;
beforeAll(async () => {
  journey = await JourneyPlatform.start();
});
afterAll(async () => {
  expect(await journey.ledgerDifferences()).toEqual([]);
  await journey.stop();
});

it('loses and doubles no row when each process, Redis and Postgres are killed while they load', {
  timeout: KILL_TIME_LIMIT_MS,
}, async () => {
  const rows = Array.from({ length: KILL_ROWS }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}`).join('\n');
  const created = await postBatch(journey, rows, NDJSON, { priority: -100 });
  for (const [at, name] of KILLED.entries()) {
    const share = (at + 1) / (KILLED.length + 1);
    await until(async () => ((await batchOf(journey, created.id)).rows.read >= share * KILL_ROWS ? true : undefined), 20);
    if (name === 'redis') await flushRedis();
    const pids = journey.platform.pidsOf(name);
    expect(pids).not.toEqual([]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
  const batch = await until(async () => {
    const seen = await batchOf(journey, created.id);
    return seen.loadedAt ? seen : undefined;
  });
  expect(batch.rows).toMatchObject({ read: KILL_ROWS, accepted: KILL_ROWS, refused: 0 });
  const [counted] = await journey.database.query(
    'SELECT count(*)::int AS rows, count(DISTINCT row_number)::int AS numbers FROM generations WHERE batch_id = $1',
    [created.id],
  );
  expect(counted).toEqual({ rows: KILL_ROWS, numbers: KILL_ROWS });
  await journey.fetch(`/api/v1/batches/${created.id}/cancel`, { method: 'POST' });
  const ended = await until(async () => {
    const seen = await batchOf(journey, created.id);
    return seen.finishedAt ? seen : undefined;
  });
  expect(ended.rows.completed + ended.rows.cancelled + ended.rows.failed).toBe(KILL_ROWS);
});

async function flushRedis(): Promise<void> {
  const redis = new Redis(journey.platform.run.redis);
  await redis.flushall();
  redis.disconnect();
}
