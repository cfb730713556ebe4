import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IngestionUnderTest, PLENTY_MICRO, ROW_MICRO, rows } from '#features/ingestion/testing/ingestion-under-test';
import { aTenant } from '#testing/builders';

let ingestion: IngestionUnderTest;

beforeAll(async () => {
  ingestion = await IngestionUnderTest.start();
});
afterAll(() => ingestion.stop());

it('queues every row with its price reserved, by one transfer a chunk', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(4_500));
  expect(batch).toMatchObject({
    state: 'running',
    acceptedRows: 4_500,
    refusedRows: 0,
    committedRow: 4_500,
    priceMicro: 4_500n * ROW_MICRO,
  });
  expect(await ingestion.numbers(batch)).toEqual({ rows: 4_500, distinct: 4_500, queued: 4_500, reserve_transfers: 5, events: 5 });
});

it('loads a gzipped CSV with a column map, a template and a matrix', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const csv = '\ufeffArtikel,city\r\n"A ""red"", fox",Oslo\r\nBlue whale,\r\n=1+1,Lima\r\n';
  const batch = await ingestion.loaded(tenantId, gzipSync(csv), {
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
  const made = await ingestion.control.query(
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
  expect(await ingestion.errorsOf(batch)).toEqual([
    { row_number: 3, line: 3, field: 'city', reason: 'the prompt template needs it and the row has none' },
    { row_number: 4, line: 3, field: 'city', reason: 'the prompt template needs it and the row has none' },
  ]);
});

it('makes a batch of a matrix alone, and nothing of a dry run', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const matrix = { product: ['Tea', 'Coffee', 'Juice'], city: ['Rome', 'Kyoto'] };
  const options = { defaults: { model: 'photon-1' }, promptTemplate: '{{product}} in {{city}}', matrix };
  const dry = await ingestion.loaded(tenantId, null, { format: 'none', options: { ...options, dryRun: true } });
  expect(dry).toMatchObject({ state: 'completed', acceptedRows: 6, priceMicro: 6n * ROW_MICRO });
  expect(await ingestion.numbers(dry)).toMatchObject({ rows: 0, reserve_transfers: 0 });
  const batch = await ingestion.loaded(tenantId, null, { format: 'none', options });
  const made = await ingestion.control.query<{ prompt: string }>('SELECT prompt FROM generations WHERE batch_id = $1 ORDER BY row_number', [
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

it('refuses rows of models that the project does not allow', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const projectId = await ingestion.aProject(tenantId, { allowedModels: ['photon-flash-1'] });
  const batch = await ingestion.loaded(
    tenantId,
    Buffer.from('{"model":"photon-1","prompt":"a fox"}\n{"model":"photon-flash-1","prompt":"a fox"}'),
    {
      projectId,
    },
  );
  expect(batch).toMatchObject({ acceptedRows: 1, refusedRows: 1 });
  const reason = 'Model photon-1 is not allowed here. Valid: photon-flash-1';
  expect(await ingestion.errorsOf(batch)).toEqual([{ row_number: 1, line: 1, field: 'model', reason }]);
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
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const good = Buffer.from('{"model":"photon-1","prompt":"a red fox"}\n');
  const batch = await ingestion.loaded(tenantId, Buffer.concat([good, Buffer.from(line as string), Buffer.from('\r\n'), good]));
  expect(await ingestion.errorsOf(batch)).toEqual([{ row_number: 2, line: 2, field, reason }]);
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 2, refusedRows: 1, committedRow: 3 });
});

it.each([
  { name: 'a bomb', source: gzipSync(Buffer.alloc(40_000_000, ' ')), reason: 'the archive unpacks to more than 200 times its size' },
  { name: 'half an archive', source: gzipSync(rows(2_000)).subarray(0, 5_000), reason: 'the archive is not whole, or no gzip' },
  { name: 'no archive', source: Buffer.from('hello'), reason: 'the archive is not whole, or no gzip' },
])('says of $name why it was not read on', async ({ source, reason }) => {
  const batch = await ingestion.loaded(await aTenant(ingestion.control, PLENTY_MICRO), source, { isGzip: true });
  expect(batch).toMatchObject({ stateReason: reason, refusedRows: 1 });
  expect((await ingestion.errorsOf(batch)).at(-1)).toMatchObject({ reason, field: null });
});
