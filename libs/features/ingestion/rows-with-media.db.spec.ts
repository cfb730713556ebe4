import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import type { RowKinds } from '#core/ingestion/row-kinds';
import { BatchesService } from '#features/ingestion/batches.service';
import { claimBatch } from '#features/ingestion/claim';
import { loaderPool } from '#features/ingestion/ingestion.module';
import { loadBatch } from '#features/ingestion/load-batch';
import { doRowWork } from '#features/ingestion/row-work';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import type { LoaderPool } from '#platform/database/loader-pool';
import { LocalFolder } from '#platform/storage/local-folder';
import { mediaOf, TEST_URLS } from '#testing/batch-media';
import { aTenant } from '#testing/builders';
import { failGenerations } from '#testing/fail-generations';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const LINK = 'https://media.example/picture.jpg';
const PLENTY_MICRO = 10n ** 12n;

let database: TestDatabase;
let control: HotPool;
let api: HotPool;
let loader: LoaderPool;
let folder: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 2 });
  loader = loaderPool(database.loaderUrl);
  folder = await mkdtemp(path.join(tmpdir(), 'halogen-ingestion-'));
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await Promise.all([control.close(), api.close(), loader.close()]);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('queues rows with what they start from, finds sources of the own tenant only, and keeps a recipe through a retry', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const [video, foreign] = [await aVideo(tenantId), await aVideo(await aTenant(control, 0n))];
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
  const [{ row_kinds: kinds } = { row_kinds: {} }] = await control.query<{ row_kinds: RowKinds }>(
    'SELECT row_kinds FROM batches WHERE id = $1',
    [batchId],
  );
  expect(Object.values(kinds).reduce((rows, kind) => rows + kind.rows, 0)).toBe(5);
  expect(await control.query('SELECT row_number, reason FROM batch_errors WHERE batch_id = $1', [batchId])).toEqual([
    { row_number: 3, reason: 'source: no such generation' },
  ]);

  await failGenerations(
    control,
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
  return control.query<MadeRow>(
    'SELECT id, row_number, stages, price_micro, recipe FROM generations WHERE batch_id = $1 AND row_number IS NOT NULL ORDER BY row_number',
    [batchId],
  );
}

async function loaded(tenantId: string, rows: readonly object[]): Promise<string> {
  const storage = new LocalFolder(folder);
  const caller = { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'any', project: null };
  const created = await new BatchesService(api, storage).create(caller, BatchOptions.parse({}), {
    format: 'ndjson',
    isGzip: false,
    content: Readable.from([rows.map((row) => JSON.stringify(row)).join('\n')]),
  });
  if ('refused' in created) throw new Error(created.detail);
  const batch = await claimBatch(control);
  if (!batch) throw new Error('there is no batch to work on');
  await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, batch);
  return created.id;
}

async function retried(tenantId: string, batchId: string): Promise<void> {
  await control.query(`UPDATE batches SET work = 'retry', work_row = 0, worker_until = NULL WHERE tenant_id = $1 AND id = $2`, [
    tenantId,
    batchId,
  ]);
  const batch = await claimBatch(control);
  if (batch?.work !== 'retry') throw new Error('there is nothing to retry');
  await doRowWork({ loader, control }, batch, 'retry', () => false);
}

/** A finished video, as its settle leaves it. */
async function aVideo(tenantId: string): Promise<string> {
  const id = randomUUID();
  const output = { kind: 'video', widthPx: 960, heightPx: 540, durationS: 5, framesPerSecond: 24 };
  await control.query(
    `INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages, state,
       price_micro, burn_lane_ms, rate_card_version, reserved, assets)
     VALUES ($1, $2, $1, 'native', 'video', 'ray-2', 'video', $3, 'any', '{}', 'a red kite', 1, '{}', 'completed', 0, 1, 1, '[]', $4)`,
    [tenantId, id, output, { image: 'a/image.jpg', video: 'a/video.mp4' }],
  );
  await control.query(
    `INSERT INTO resolutions (tenant_id, generation_id, kind, fence, settled_micro, released_micro) VALUES ($1, $2, 'settle', 0, 0, 0)`,
    [tenantId, id],
  );
  return id;
}
