import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Batch } from '#contracts/native/batches';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

const CAMPAIGN_TIME_LIMIT_MS = 1_500_000;
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

it('makes a campaign of 20 products in 20 cities from one CSV, down to its contact sheets', {
  timeout: CAMPAIGN_TIME_LIMIT_MS,
}, async () => {
  const products = Array.from({ length: 20 }, (_, at) => `Product ${at + 1}`);
  const cities = Array.from({ length: 20 }, (_, at) => `City ${at + 1}`);
  const csv = ['product,city', ...products.flatMap((product) => cities.map((city) => `${product},${city}`))].join('\r\n');
  const created = await post(csv, 'text/csv', {
    name: 'Spring campaign',
    promptTemplate: '{{product}} on a poster in {{city}}',
    defaults: { model: 'photon-1', aspectRatio: '16:9' },
  });
  const expected = await until(async () => {
    const { expectedFinishAt, expectedFinishP90At } = await get(created.id);
    return expectedFinishAt && expectedFinishP90At ? { p50: expectedFinishAt, p90: expectedFinishP90At } : undefined;
  });
  expect(expected.p50 > created.createdAt && expected.p50 <= expected.p90).toBe(true);
  const batch = await until(async () => {
    const seen = await get(created.id);
    return seen.finishedAt && seen.contactSheets === 4 ? seen : undefined;
  }, 1_000);
  console.log(`expected by ${expected.p50} or ${expected.p90}, done by ${batch.finishedAt}`);
  expect(batch).toMatchObject({ state: 'completed', rows: { accepted: 400, completed: 400, refused: 0 } });

  const manifest = (await text(`${created.id}/manifest`))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(manifest).toHaveLength(400);
  expect(manifest[0]).toMatchObject({ row: 1, state: 'completed', prompt: 'Product 1 on a poster in City 1', serviceTier: 'flex' });
  const image = Buffer.from(await (await fetch(manifest[399].imageUrl)).arrayBuffer());
  expect(await sharp(image).metadata()).toMatchObject({ width: 1920, height: 1080 });

  const folder = await mkdtemp(path.join(tmpdir(), 'halogen-campaign-'));
  const zip = await bytes(`${created.id}/assets.zip`);
  await writeFile(path.join(folder, 'assets.zip'), zip);
  expect(zip.readUInt16LE(zip.length - 12)).toBe(400); // entries, as the end of the central directory tells
  for (let sheet = 1; sheet <= 4; sheet += 1) {
    const page = await bytes(`${created.id}/contact-sheets/${sheet}`);
    expect(await sharp(page).metadata()).toMatchObject({ format: 'jpeg' });
    await writeFile(path.join(folder, `sheet-${sheet}.jpg`), page);
  }
});

it('loses and doubles no row when each process, Redis and Postgres are killed while they load', {
  timeout: KILL_TIME_LIMIT_MS,
}, async () => {
  const rows = Array.from({ length: KILL_ROWS }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}`).join('\n');
  const created = await post(rows, NDJSON, { priority: -100 });
  for (const [at, name] of KILLED.entries()) {
    const share = (at + 1) / (KILLED.length + 1);
    await until(async () => ((await get(created.id)).rows.read >= share * KILL_ROWS ? true : undefined), 20);
    if (name === 'redis') await flushRedis();
    const pids = journey.platform.pidsOf(name);
    expect(pids).not.toEqual([]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
  const batch = await until(async () => {
    const seen = await get(created.id);
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
    const seen = await get(created.id);
    return seen.finishedAt ? seen : undefined;
  });
  expect(ended.rows.completed + ended.rows.cancelled + ended.rows.failed).toBe(KILL_ROWS);
});

async function post(body: string, contentType: string, options: object): Promise<Batch> {
  const route = `/api/v1/batches?options=${encodeURIComponent(JSON.stringify(options))}`;
  const response = await journey.fetch(route, { method: 'POST', body, headers: { 'content-type': contentType } });
  if (response.status !== 202) throw new Error(await response.text());
  return (await response.json()) as Batch;
}

async function flushRedis(): Promise<void> {
  const redis = new Redis(journey.platform.run.redis);
  await redis.flushall();
  redis.disconnect();
}

async function get(id: string): Promise<Batch> {
  return (await (await journey.fetch(`/api/v1/batches/${id}`)).json()) as Batch;
}

async function text(route: string): Promise<string> {
  return (await bytes(route)).toString();
}

async function bytes(route: string): Promise<Buffer> {
  const response = await journey.fetch(`/api/v1/batches/${route}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
