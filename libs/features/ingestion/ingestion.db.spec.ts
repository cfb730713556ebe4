import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { CHUNK_ROWS, MAX_UNFINISHED_BATCHES } from '#core/ingestion/limits';
import { submitAll } from '#features/generations/submit-group';
import { BatchesService, type BatchReport } from '#features/ingestion/batches.service';
import { claimBatch } from '#features/ingestion/claim';
import { BatchMoved } from '#features/ingestion/commit-chunk';
import { loaderPool } from '#features/ingestion/ingestion.module';
import { loadBatch } from '#features/ingestion/load-batch';
import { doRowWork } from '#features/ingestion/row-work';
import type { SourceFormat } from '#features/ingestion/source-rows';
import { grantCredits } from '#features/ledger/grants.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import type { LoaderPool } from '#platform/database/loader-pool';
import { LocalFolder } from '#platform/storage/local-folder';
import { mediaOf } from '#testing/batch-media';
import { anImage, aTenant, someUnits } from '#testing/builders';

import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let control: HotPool;
let api: HotPool;
let loader: LoaderPool;
let folder: string;
let storage: LocalFolder;
let batches: BatchesService;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 4 });
  loader = loaderPool(database.loaderUrl);
  folder = await mkdtemp(path.join(tmpdir(), 'halogen-ingestion-'));
  storage = new LocalFolder(folder);
  batches = new BatchesService(api, storage);
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await Promise.all([control.close(), api.close(), loader.close()]);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const PLENTY_MICRO = 10n ** 12n;
/** Half of five credits: batches are flex unless told otherwise. */
const ROW_MICRO = 2_500_000n;

it('queues every row with its price reserved, by one transfer a chunk', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const batch = await loaded(tenantId, rows(4_500));
  expect(batch).toMatchObject({
    state: 'running',
    acceptedRows: 4_500,
    refusedRows: 0,
    committedRow: 4_500,
    priceMicro: 4_500n * ROW_MICRO,
  });
  expect(await numbers(batch)).toEqual({ rows: 4_500, distinct: 4_500, queued: 4_500, reserve_transfers: 5, events: 5 });
});

it('loads a gzipped CSV with a column map, a template and a matrix', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const csv = '\ufeffArtikel,city\r\n"A ""red"", fox",Oslo\r\nBlue whale,\r\n=1+1,Lima\r\n';
  const batch = await loaded(tenantId, gzipSync(csv), {
    format: 'csv',
    isGzip: true,
    options: {
      columns: { Artikel: 'product' },
      promptTemplate: '{{product}} in {{ city }}',
      defaults: { model: 'photon-1' },
      matrix: { aspect_ratio: ['1:1', '16:9'] },
      labels: { campaign: 'spring' },
    },
  });
  expect(batch).toMatchObject({ acceptedRows: 4, refusedRows: 2, committedRow: 6 });
  const made = await control.query(
    `SELECT row_number, prompt, request ->> 'aspectRatio' AS ratio, labels, service_tier FROM generations WHERE batch_id = $1 ORDER BY row_number`,
    [batch.id],
  );
  expect(made[1]).toEqual({
    row_number: 2,
    prompt: 'A "red", fox in Oslo',
    ratio: '16:9',
    labels: { campaign: 'spring' },
    service_tier: 'flex',
  });
  expect(made[2]).toMatchObject({ row_number: 5, prompt: '=1+1 in Lima' });
  expect(await errorsOf(batch)).toEqual([
    { row_number: 3, line: 3, field: 'city', reason: 'the prompt template needs it and the row has none' },
    { row_number: 4, line: 3, field: 'city', reason: 'the prompt template needs it and the row has none' },
  ]);
});

it('makes a batch of a matrix alone, and nothing of a dry run', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const matrix = { product: ['Tea', 'Coffee', 'Juice'], city: ['Rome', 'Kyoto'] };
  const options = { defaults: { model: 'photon-1' }, promptTemplate: '{{product}} in {{city}}', matrix };
  const dry = await loaded(tenantId, null, { format: 'none', options: { ...options, dryRun: true } });
  expect(dry).toMatchObject({ state: 'completed', acceptedRows: 6, priceMicro: 6n * ROW_MICRO });
  expect(await numbers(dry)).toMatchObject({ rows: 0, reserve_transfers: 0 });
  const batch = await loaded(tenantId, null, { format: 'none', options });
  const made = await control.query<{ prompt: string }>('SELECT prompt FROM generations WHERE batch_id = $1 ORDER BY row_number', [
    batch.id,
  ]);
  expect(made.map(({ prompt }) => prompt)).toEqual([
    'Tea in Rome',
    'Tea in Kyoto',
    'Coffee in Rome',
    'Coffee in Kyoto',
    'Juice in Rome',
    'Juice in Kyoto',
  ]);
});

it('takes the longest prefix that the credits cover, says so, and goes on when there are more', async () => {
  const tenantId = await aTenant(control, 2_345n * ROW_MICRO + 1n);
  const batch = await loaded(tenantId, rows(3_000));
  expect(batch).toMatchObject({
    state: 'paused',
    stateReason: 'insufficient_credits',
    acceptedRows: 2_345,
    committedRow: 2_345,
    missingMicro: ROW_MICRO - 1n,
  });
  expect(await ledgerDifferences(control)).toEqual([]);
  await control.transaction('top up', [], (tx) =>
    grantCredits(tx, { tenantId, id: randomUUID(), accountId: randomUUID(), amountMicro: 1_000n * ROW_MICRO }),
  );
  await batches.command(caller(tenantId), batch.id, 'resume');
  await workOn(); // nothing is held
  await workOn();
  expect(await report(batch)).toMatchObject({ state: 'running', stateReason: null, acceptedRows: 3_000, missingMicro: 0n });
});

it('keeps nothing of a chunk behind one whose credits were spent while it was inserted', async () => {
  const tenantId = await aTenant(control, 3_000n * ROW_MICRO);
  await create(tenantId, rows(6_000));
  const batch = await claimed();
  // Five credits each, as much as two rows.
  const images = Array.from({ length: 1_100 }, () => anImage(tenantId));
  let loading: Promise<void> | undefined;
  await api.transaction('submit', [tenantId], async (tx) => {
    await submitAll(tx, images, false); // has locked the accounts and not moved them yet
    loading = loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, batch);
    while ((await tx.query('SELECT 1 FROM pg_locks WHERE NOT granted')).length === 0);
  });
  await loading;
  const [counted] = await control.query('SELECT count(*)::int AS rows FROM generations WHERE batch_id = $1', [batch.id]);
  expect(counted).toEqual({ rows: 800 });
  expect(await batches.get({ tenantId }, batch.id)).toMatchObject({ state: 'paused', acceptedRows: 800, committedRow: 800 });
});

it('pauses before the row that its budget does not cover', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const batch = await loaded(tenantId, rows(20), { options: { budgetCredits: '26' } });
  expect(batch).toMatchObject({ state: 'paused', stateReason: 'budget_reached', acceptedRows: 10 });
});

it('takes what the month’s budget of its project covers, and counts what is cancelled out again', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const projectId = await aProject(tenantId, { budgetMicro: 10n * ROW_MICRO });
  const first = await loaded(tenantId, rows(6), { projectId });
  expect(first).toMatchObject({ state: 'running', acceptedRows: 6 });
  const second = await loaded(tenantId, rows(6), { projectId });
  expect(second).toMatchObject({ state: 'paused', stateReason: 'project_budget_reached', acceptedRows: 4, missingMicro: ROW_MICRO });
  expect(await usedBy(projectId)).toBe(10n * ROW_MICRO);
  await batches.command(caller(tenantId), first.id, 'cancel');
  await workOn();
  expect(await usedBy(projectId)).toBe(4n * ROW_MICRO);
  const [told] = await control.query<{ events: number }>(
    `SELECT count(*)::int AS events FROM events WHERE tenant_id = $1 AND type = 'budget.exceeded'`,
    [tenantId],
  );
  expect(told).toEqual({ events: 1 });
  await batches.command(caller(tenantId), second.id, 'resume');
  await workOn();
  await workOn();
  expect(await report(second)).toMatchObject({ state: 'running', acceptedRows: 6 });
});

it('goes past a budget that only warns', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const projectId = await aProject(tenantId, { budgetMicro: ROW_MICRO, enforcement: 'warn' });
  expect(await loaded(tenantId, rows(3), { projectId })).toMatchObject({ state: 'running', acceptedRows: 3 });
  expect(await usedBy(projectId)).toBe(3n * ROW_MICRO);
});

it('takes what the cap of its key covers, and counts what is asked for again', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const apiKeyId = await aKey(tenantId, 5n * ROW_MICRO);
  const batch = await loaded(tenantId, rows(5), { apiKeyId });
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 5 });
  expect(await loaded(tenantId, rows(1), { apiKeyId })).toMatchObject({ state: 'paused', stateReason: 'key_cap_reached', acceptedRows: 0 });
  await failRows(batch, [1, 2]);
  expect(await usedBy(apiKeyId)).toBe(3n * ROW_MICRO);
  await loaded(tenantId, rows(1), { apiKeyId });
  await batches.command(caller(tenantId), batch.id, 'retry');
  await workOn();
  expect(await report(batch)).toMatchObject({ state: 'paused', stateReason: 'key_cap_reached', failedRows: 1, missingMicro: ROW_MICRO });
  expect(await usedBy(apiKeyId)).toBe(5n * ROW_MICRO);
});

it('refuses rows of models that the project does not allow', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const projectId = await aProject(tenantId, { allowedModels: ['photon-flash-1'] });
  const batch = await loaded(tenantId, Buffer.from('{"model":"photon-1","prompt":"a fox"}\n{"model":"photon-flash-1","prompt":"a fox"}'), {
    projectId,
  });
  expect(batch).toMatchObject({ acceptedRows: 1, refusedRows: 1 });
  const reason = "Model photon-1 is not allowed in this API key's project. Valid: photon-flash-1";
  expect(await errorsOf(batch)).toEqual([{ row_number: 1, line: 1, field: 'model', reason }]);
});

it('takes dedicated rows of a tenant with units, which reserve nothing, and refuses those of one without', async () => {
  const source = Buffer.from('{"model":"photon-1","prompt":"a fox"}\n{"model":"photon-1","prompt":"a fox","serviceTier":"spillover"}');
  const options = { serviceTier: 'dedicated' };
  const without = await loaded(await aTenant(control, PLENTY_MICRO), source, { options });
  expect(without).toMatchObject({ acceptedRows: 1, refusedRows: 1 });
  expect((await errorsOf(without))[0]).toMatchObject({
    field: 'serviceTier',
    reason: expect.stringMatching(/^dedicated needs 1 units of/),
  });
  const tenantId = await aTenant(control, PLENTY_MICRO);
  await someUnits(control, tenantId, 'halo-1', 8);
  const batch = await loaded(tenantId, source, { options });
  expect(batch).toMatchObject({ acceptedRows: 2, refusedRows: 0, priceMicro: 2n * ROW_MICRO });
});

it('says of a dry run what is missing for all of its rows', async () => {
  const tenantId = await aTenant(control, 2_500n * ROW_MICRO);
  const dry = await loaded(tenantId, rows(3_000), { options: { dryRun: true } });
  expect(dry).toMatchObject({
    state: 'completed',
    acceptedRows: 3_000,
    missingMicro: 500n * ROW_MICRO,
    stateReason: 'insufficient_credits',
  });
  const projectId = await aProject(tenantId, { budgetMicro: 100n * ROW_MICRO });
  const over = await loaded(tenantId, rows(3_000), { options: { dryRun: true }, projectId });
  expect(over).toMatchObject({ missingMicro: 2_900n * ROW_MICRO, stateReason: 'project_budget_reached' });
  expect(await usedBy(projectId)).toBe(0n);
});

it('gives the same rows once, however often and from however many workers they are loaded', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const created = await create(tenantId, rows(5_000));
  const first = await claimed();
  await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => true }, first); // ends after its first chunk
  const [watermark] = await control.query('SELECT committed_row FROM batches WHERE id = $1', [created.id]);
  expect(watermark).toEqual({ committed_row: CHUNK_ROWS });
  // As if that worker had died: another goes on, and the first comes back with what it knew.
  await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, await claimedAgain(created));
  await expect(loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, first)).rejects.toThrow();
  const batch = await report(created);
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 5_000 });
  expect(await numbers(batch)).toMatchObject({ rows: 5_000, distinct: 5_000, reserve_transfers: 5 });
});

it('holds what waits while it is paused, lets it go, and returns everything when it is cancelled', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const batch = await loaded(tenantId, rows(2_500));
  await batches.command(caller(tenantId), batch.id, 'pause');
  await workOn();
  expect(await held(batch)).toBe(2_500);
  await batches.command(caller(tenantId), batch.id, 'resume');
  await workOn();
  expect(await held(batch)).toBe(0);
  await control.query(`UPDATE generations SET state = 'admitted', fence = 1 WHERE batch_id = $1 AND row_number = 7`, [batch.id]); // one has begun
  await batches.command(caller(tenantId), batch.id, 'cancel');
  await workOn();
  expect(await report(batch)).toMatchObject({ state: 'cancelled', cancelledRows: 2_500, work: null });
  expect((await report(batch)).finishedAt).not.toBeNull();
  const [balance] = await control.query(
    `SELECT sum(balance_micro) FILTER (WHERE kind = 'available')::text AS available, sum(balance_micro) FILTER (WHERE kind = 'reserved')::text AS reserved
       FROM accounts WHERE tenant_id = $1`,
    [tenantId],
  );
  expect(balance).toEqual({ available: PLENTY_MICRO.toString(), reserved: '0' });
  expect(await batches.command(caller(tenantId), batch.id, 'resume')).toEqual({ refused: 'batch_state' });
});

it('stops loading when it is paused, and reads on when it is resumed', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const created = await create(tenantId, rows(5_000));
  const first = await claimed();
  await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => true }, first);
  await batches.command(caller(tenantId), created.id, 'pause');
  await expect(
    loadBatch(
      { pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false },
      { ...first, committedChunk: 1, committedRow: CHUNK_ROWS },
    ),
  ).rejects.toThrow(BatchMoved);
  await workOn();
  expect(await held(created)).toBe(CHUNK_ROWS);
  await batches.command(caller(tenantId), created.id, 'resume');
  await workOn(); // lets go of what is held
  await workOn(); // reads on
  expect(await report(created)).toMatchObject({ state: 'running', acceptedRows: 5_000 });
  expect(await held(created)).toBe(0);
});

it('asks again for the rows that failed, in their places', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const batch = await loaded(tenantId, rows(10));
  await failRows(batch, [2, 7]);
  expect(await report(batch)).toMatchObject({ failedRows: 2 });
  await batches.command(caller(tenantId), batch.id, 'retry');
  await workOn();
  expect(await report(batch)).toMatchObject({ failedRows: 0, state: 'running' });
  expect(await numbers(batch)).toMatchObject({ rows: 10, distinct: 10, queued: 10 });
});

it('says which rows that failed cannot be asked for again, since nothing is kept of them', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const batch = await loaded(tenantId, rows(5));
  await failRows(batch, [2, 4]);
  await control.query(`UPDATE generations SET erased_at = now(), deleted_at = now() WHERE batch_id = $1 AND row_number = 2`, [batch.id]);
  await batches.command(caller(tenantId), batch.id, 'retry');
  await workOn();
  expect(await report(batch)).toMatchObject({ failedRows: 1, state: 'running' });
  expect(await errorsOf(batch)).toEqual([{ row_number: 2, line: 0, field: null, reason: expect.stringContaining('not retried') }]);
});

it('takes so many unfinished batches of a tenant and no more, however many ask at once', async () => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  await control.query(
    `INSERT INTO batches (tenant_id, id, api_key_id, state, options, source_format)
     SELECT $1, uuidv7(), uuidv7(), 'paused', '{}', 'none' FROM generate_series(1, ${MAX_UNFINISHED_BATCHES - 1})`,
    [tenantId],
  );
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => create(tenantId, rows(1))));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('have not ended') },
  });
  await workOn();
});

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
it.each([
  { name: 'text that is no JSON', line: 'nonsense', reason: 'not valid JSON', field: null },
  { name: 'a list', line: '[1]', reason: 'not a JSON object', field: null },
  {
    name: 'a key given twice',
    line: '{"model":"photon-1","prompt":"a fox","pr\\u006fmpt":"a cat"}',
    reason: 'is given twice',
    field: 'prompt',
  },
  {
    name: '__proto__',
    line: '{"model":"photon-1","prompt":"a fox","__proto__":{}}',
    reason: 'this name is not allowed',
    field: '__proto__',
  },
  { name: 'a NUL', line: '{"model":"photon-1","prompt":"a \\u0000 fox"}', reason: 'holds NUL or a lone surrogate', field: 'prompt' },
  {
    name: 'a lone surrogate',
    line: '{"model":"photon-1","prompt":"a \\ud800 fox"}',
    reason: 'holds NUL or a lone surrogate',
    field: 'prompt',
  },
  { name: 'bytes that are no UTF-8', line: Buffer.from([0x7b, 0xff, 0x7d]), reason: 'not valid UTF-8', field: null },
  { name: 'deep JSON', line: `{"model":"photon-1","prompt":${deep}}`, reason: 'nested deeper than 32 levels', field: null },
  { name: 'a long line', line: Buffer.alloc(3_000_000, 'x'), reason: 'the line is longer than 256000 bytes', field: null },
  {
    name: 'an unknown format',
    line: '{"model":"photon-1","prompt":"a fox","format":"gif"}',
    reason: 'Format gif is not supported. Valid: jpg, png',
    field: 'format',
  },
  {
    name: 'an unknown field',
    line: '{"model":"photon-1","prompt":"a fox","refused":"bad_row"}',
    reason: 'is no field of a generation',
    field: 'refused',
  },
])('refuses $name and takes its neighbours', async ({ line, reason, field }) => {
  const tenantId = await aTenant(control, PLENTY_MICRO);
  const good = Buffer.from('{"model":"photon-1","prompt":"a red fox"}\n');
  const batch = await loaded(tenantId, Buffer.concat([good, Buffer.from(line as string), Buffer.from('\r\n'), good]));
  expect(await errorsOf(batch)).toEqual([{ row_number: 2, line: 2, field, reason }]);
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 2, refusedRows: 1, committedRow: 3 });
});

it.each([
  { name: 'a bomb', source: gzipSync(Buffer.alloc(40_000_000, ' ')), reason: 'the archive unpacks to more than 200 times its size' },
  { name: 'half an archive', source: gzipSync(rows(2_000)).subarray(0, 5_000), reason: 'the archive is not whole, or no gzip' },
  { name: 'no archive', source: Buffer.from('hello'), reason: 'the archive is not whole, or no gzip' },
])('says of $name why it was not read on', async ({ source, reason }) => {
  const batch = await loaded(await aTenant(control, PLENTY_MICRO), source, { isGzip: true });
  expect(batch).toMatchObject({ stateReason: reason, refusedRows: 1 });
  expect((await errorsOf(batch)).at(-1)).toMatchObject({ reason, field: null });
});

it('lets nobody see a batch of another tenant', async () => {
  const batch = await loaded(await aTenant(control, PLENTY_MICRO), rows(1));
  const other = caller(await aTenant(control, 0n));
  expect(await batches.get(other, batch.id)).toBeNull();
  expect(await batches.command(other, batch.id, 'cancel')).toEqual({ refused: 'not_found' });
});

interface Given {
  projectId?: string;
  apiKeyId?: string;
  format?: SourceFormat;
  isGzip?: boolean;
  options?: unknown;
}

function rows(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}\n`).join(''));
}

function caller(tenantId: string) {
  return { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'any' };
}

async function create(
  tenantId: string,
  source: Buffer | null,
  { format = 'ndjson', isGzip = false, options = {}, projectId, apiKeyId = randomUUID() }: Given = {},
): Promise<BatchReport> {
  const project = projectId ? { id: projectId, serviceTier: 'flex' as const, allowedModels: null, allowedRegions: null } : null;
  const created = await batches.create({ ...caller(tenantId), apiKeyId, project }, BatchOptions.parse(options), {
    format,
    isGzip,
    content: source && Readable.from([source]),
  });
  if ('refused' in created) throw new Error(created.detail);
  return created;
}

async function loaded(tenantId: string, source: Buffer | null, given: Given = {}): Promise<BatchReport> {
  const created = await create(tenantId, source, given);
  await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, await claimed());
  return report(created);
}

async function claimed() {
  const batch = await claimBatch(control);
  if (!batch) throw new Error('there is no batch to work on');
  return batch;
}

async function claimedAgain({ id }: BatchReport) {
  await control.query('UPDATE batches SET worker_until = NULL WHERE id = $1', [id]);
  return claimed();
}

async function workOn(): Promise<void> {
  const batch = await claimed();
  if (batch.work === 'load') await loadBatch({ pool: loader, storage, mediaOf: mediaOf(control), isStopped: () => false }, batch);
  else if (batch.work !== 'sheets' && batch.work !== 'fetch') await doRowWork({ loader, control }, batch, batch.work, () => false);
}

interface ProjectGiven {
  budgetMicro?: bigint;
  enforcement?: 'refuse' | 'warn';
  allowedModels?: readonly string[];
}

async function aProject(tenantId: string, { budgetMicro, enforcement = 'refuse', allowedModels }: ProjectGiven): Promise<string> {
  const id = randomUUID();
  await api.transaction('a project', [tenantId], (tx) =>
    tx.query(
      'INSERT INTO projects (tenant_id, id, name, monthly_budget_micro, budget_enforcement, allowed_models) VALUES ($1, $2::uuid, $2::uuid::text, $3, $4, $5)',
      [tenantId, id, budgetMicro ?? null, enforcement, allowedModels ?? null],
    ),
  );
  return id;
}

async function aKey(tenantId: string, capMicro: bigint): Promise<string> {
  const id = randomUUID();
  await api.transaction('a key', [tenantId], (tx) =>
    tx.query(
      `INSERT INTO api_keys (tenant_id, id, name, secret_sha256, prefix, scopes, monthly_cap_micro)
       VALUES ($1, $2::uuid, 'a key', sha256($2::uuid::text::bytea), 'a-prefix', '{}', $3)`,
      [tenantId, id, capMicro],
    ),
  );
  return id;
}

async function usedBy(subjectId: string): Promise<bigint> {
  const [row] = await control.query<{ used_micro: string }>('SELECT used_micro FROM spending_months WHERE subject_id = $1', [subjectId]);
  return BigInt(row?.used_micro ?? 0);
}

async function report({ tenantId, id }: BatchReport): Promise<BatchReport> {
  return (await batches.get({ tenantId }, id)) as BatchReport;
}

async function numbers({ id }: BatchReport) {
  const [row] = await control.query(
    `SELECT (SELECT count(*)::int FROM generations WHERE batch_id = $1 AND row_number IS NOT NULL) AS rows,
            (SELECT count(DISTINCT row_number)::int FROM generations WHERE batch_id = $1) AS distinct,
            (SELECT count(*)::int FROM generations WHERE batch_id = $1 AND state = 'queued') AS queued,
            (SELECT count(*)::int FROM transfers WHERE batch_id = $1 AND code = 'reserve') AS reserve_transfers,
            (SELECT count(*)::int FROM outbox WHERE batch_id = $1) AS events`,
    [id],
  );
  return row;
}

function errorsOf({ id }: BatchReport) {
  return control.query('SELECT row_number, line, field, reason FROM batch_errors WHERE batch_id = $1 ORDER BY row_number', [id]);
}

async function held({ id }: BatchReport): Promise<number> {
  const [row] = await control.query<{ held: number }>('SELECT count(*)::int AS held FROM generations WHERE batch_id = $1 AND is_held', [
    id,
  ]);
  return row?.held ?? 0;
}

/** As if their runs had failed. */
async function failRows({ tenantId, id }: BatchReport, rowNumbers: readonly number[]): Promise<void> {
  const { resolveAll } = await import('#features/generations/resolve-group');
  const found = await control.query<{ id: string; fence: string }>(
    `UPDATE generations SET state = 'admitted', fence = 1 WHERE batch_id = $1 AND row_number = ANY ($2::integer[]) RETURNING id, fence`,
    [id, rowNumbers],
  );
  await control.transaction('fail', [], (tx) =>
    resolveAll(
      tx,
      found.map(({ id: generationId, fence }) => ({
        by: 'run',
        kind: 'release',
        lease: { tenantId, generationId, fence },
        reason: 'Job failed',
      })),
    ),
  );
}
