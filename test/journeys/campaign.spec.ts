import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, postBatch } from '#test/journeys/batch-calls';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

const CAMPAIGN_TIME_LIMIT_MS = 1_500_000;

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
  const created = await postBatch(journey, csv, 'text/csv', {
    name: 'Spring campaign',
    promptTemplate: '{{product}} on a poster in {{city}}',
    defaults: { model: 'photon-1', aspectRatio: '16:9' },
  });
  const expected = await until(async () => {
    const { expectedFinishAt, expectedFinishP90At } = await batchOf(journey, created.id);
    return expectedFinishAt && expectedFinishP90At ? { p50: expectedFinishAt, p90: expectedFinishP90At } : undefined;
  });
  expect(expected.p50 > created.createdAt && expected.p50 <= expected.p90).toBe(true);
  const batch = await until(async () => {
    const seen = await batchOf(journey, created.id);
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

async function text(route: string): Promise<string> {
  return (await bytes(route)).toString();
}

async function bytes(route: string): Promise<Buffer> {
  const response = await journey.fetch(`/api/v1/batches/${route}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
