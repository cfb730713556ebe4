import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RowKinds } from '#core/ingestion/row-kinds';
import { IngestionUnderTest, PLENTY_MICRO } from '#features/ingestion/testing/ingestion-under-test';
import { TEST_URLS } from '#testing/batch-media';
import { aTenant } from '#testing/builders';
import { failGenerations } from '#testing/fail-generations';

const LINK = 'https://media.example/picture.jpg';

let ingestion: IngestionUnderTest;

beforeAll(async () => {
  ingestion = await IngestionUnderTest.start();
});
afterAll(() => ingestion.stop());

it('queues rows with what they start from, finds sources of the own tenant only, and keeps a recipe through a retry', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const [video, foreign] = [await aVideo(tenantId), await aVideo(await aTenant(ingestion.control, 0n))];
  const rows = [
    { model: 'photon-1', prompt: 'a red fox' },
    { operation: 'upscale', source: { generationId: video }, resolution: '4k' },
    { operation: 'upscale', source: { generationId: foreign } },
    { model: 'photon-1', prompt: 'a red fox\tand a \\ back', references: { images: [{ url: LINK }] } },
    { operation: 'reframe', model: 'photon-1', aspectRatio: '9:16', source: { url: TEST_URLS.assetUrl('a/key.jpg') } },
    { operation: 'upscale', source: { generationId: video }, resolution: '1080p' },
  ];
  const batchId = await loaded(tenantId, rows);
  const made = await madeOf(batchId);
  expect(made.map(({ row_number, recipe }) => [row_number, recipe?.operation ?? null, recipe?.inputs[0]?.from ?? null])).toEqual([
    [1, null, null],
    [2, 'upscale', { asset: 'a/video.mp4', take: 'whole' }],
    [4, 'create', { url: LINK }],
    [5, 'reframe', { asset: 'a/key.jpg', take: 'whole' }],
    [6, 'upscale', { asset: 'a/video.mp4', take: 'whole' }],
  ]);
  expect(made.map(({ stages }) => stages.includes('fetch'))).toEqual([false, true, true, true, true]);
  expect(new Set(made.map(({ price_micro }) => price_micro)).size).toBeGreaterThan(2);
  const [{ row_kinds: kinds } = { row_kinds: {} }] = await ingestion.control.query<{ row_kinds: RowKinds }>(
    'SELECT row_kinds FROM batches WHERE id = $1',
    [batchId],
  );
  expect(Object.values(kinds).reduce((rows, kind) => rows + kind.rows, 0)).toBe(5);
  expect(await ingestion.control.query('SELECT row_number, reason FROM batch_errors WHERE batch_id = $1', [batchId])).toEqual([
    { row_number: 3, reason: 'source: no such generation' },
  ]);

  await failGenerations(
    ingestion.control,
    made.map(({ id }) => ({ tenantId, generationId: id })),
  );
  await retried(tenantId, batchId);
  const again = await madeOf(batchId);
  expect(again.map(({ id: _, ...row }) => row)).toEqual(made.map(({ id: _, ...row }) => row));
  expect(again.map(({ id }) => id)).not.toEqual(made.map(({ id }) => id));
});

interface MadeRow {
  id: string;
  row_number: number;
  stages: string[];
  price_micro: string;
  recipe: { operation: string; inputs: { from: object }[] } | null;
}

function madeOf(batchId: string): Promise<MadeRow[]> {
  return ingestion.control.query<MadeRow>(
    'SELECT id, row_number, stages, price_micro, recipe FROM generations WHERE batch_id = $1 AND row_number IS NOT NULL ORDER BY row_number',
    [batchId],
  );
}

async function loaded(tenantId: string, rows: readonly object[]): Promise<string> {
  const { id } = await ingestion.loaded(tenantId, Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')));
  return id;
}

async function retried(tenantId: string, batchId: string): Promise<void> {
  await ingestion.control.query(`UPDATE batches SET work = 'retry', work_row = 0, worker_until = NULL WHERE tenant_id = $1 AND id = $2`, [
    tenantId,
    batchId,
  ]);
  await ingestion.workOn();
}

/** A finished video, as its settle leaves it. */
async function aVideo(tenantId: string): Promise<string> {
  const id = randomUUID();
  const output = { kind: 'video', widthPx: 960, heightPx: 540, durationS: 5, framesPerSecond: 24 };
  await ingestion.control.query(
    `INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages, state,
       price_micro, burn_lane_ms, rate_card_version, reserved, assets)
     VALUES ($1, $2, $1, 'native', 'video', 'ray-2', 'video', $3, 'any', '{}', 'a red kite', 1, '{}', 'completed', 0, 1, 1, '[]', $4)`,
    [tenantId, id, output, { image: 'a/image.jpg', video: 'a/video.mp4' }],
  );
  await ingestion.control.query(
    `INSERT INTO resolutions (tenant_id, generation_id, kind, fence, settled_micro, released_micro) VALUES ($1, $2, 'settle', 0, 0, 0)`,
    [tenantId, id],
  );
  return id;
}
