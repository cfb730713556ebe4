import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHUNK_ROWS, MAX_UNFINISHED_BATCHES } from '#core/ingestion/limits';
import { BatchMoved } from '#features/ingestion/commit-chunk';
import { caller, IngestionUnderTest, PLENTY_MICRO, rows } from '#features/ingestion/testing/ingestion-under-test';
import { aTenant } from '#testing/builders';

let ingestion: IngestionUnderTest;

beforeAll(async () => {
  ingestion = await IngestionUnderTest.start();
});
afterAll(() => ingestion.stop());

it('gives the same rows once, however often and from however many workers they are loaded', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const created = await ingestion.create(tenantId, rows(5_000));
  const first = await ingestion.claimed();
  await ingestion.loadOneChunk(first); // ends after its first chunk
  const [watermark] = await ingestion.control.query('SELECT committed_row FROM batches WHERE id = $1', [created.id]);
  expect(watermark).toEqual({ committed_row: CHUNK_ROWS });
  // As if that worker had died: another goes on, and the first comes back with what it knew.
  await ingestion.load(await ingestion.claimedAgain(created));
  await expect(ingestion.load(first)).rejects.toThrow();
  const batch = await ingestion.report(created);
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 5_000 });
  expect(await ingestion.numbers(batch)).toMatchObject({ rows: 5_000, distinct: 5_000, reserve_transfers: 5 });
});

it('holds what waits while it is paused, lets it go, and returns everything when it is cancelled', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(2_500));
  await ingestion.batches.command(caller(tenantId), batch.id, 'pause');
  await ingestion.workOn();
  expect(await ingestion.held(batch)).toBe(2_500);
  await ingestion.batches.command(caller(tenantId), batch.id, 'resume');
  await ingestion.workOn();
  expect(await ingestion.held(batch)).toBe(0);
  await ingestion.control.query(`UPDATE generations SET state = 'admitted', fence = 1 WHERE batch_id = $1 AND row_number = 7`, [batch.id]); // one has begun
  await ingestion.batches.command(caller(tenantId), batch.id, 'cancel');
  await ingestion.workOn();
  expect(await ingestion.report(batch)).toMatchObject({ state: 'cancelled', cancelledRows: 2_500, work: null });
  expect((await ingestion.report(batch)).finishedAt).not.toBeNull();
  const [balance] = await ingestion.control.query(
    `SELECT sum(balance_micro) FILTER (WHERE kind = 'available')::text AS available, sum(balance_micro) FILTER (WHERE kind = 'reserved')::text AS reserved
       FROM accounts WHERE tenant_id = $1`,
    [tenantId],
  );
  expect(balance).toEqual({ available: PLENTY_MICRO.toString(), reserved: '0' });
  expect(await ingestion.batches.command(caller(tenantId), batch.id, 'resume')).toEqual({ refused: 'batch_state' });
});

it('stops loading when it is paused, and reads on when it is resumed', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const created = await ingestion.create(tenantId, rows(5_000));
  const first = await ingestion.claimed();
  await ingestion.loadOneChunk(first);
  await ingestion.batches.command(caller(tenantId), created.id, 'pause');
  await expect(ingestion.load({ ...first, committedChunk: 1, committedRow: CHUNK_ROWS })).rejects.toThrow(BatchMoved);
  await ingestion.workOn();
  expect(await ingestion.held(created)).toBe(CHUNK_ROWS);
  await ingestion.batches.command(caller(tenantId), created.id, 'resume');
  await ingestion.workOn(); // lets go of what is held
  await ingestion.workOn(); // reads on
  expect(await ingestion.report(created)).toMatchObject({ state: 'running', acceptedRows: 5_000 });
  expect(await ingestion.held(created)).toBe(0);
});

it('asks again for the rows that failed, in their places', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(10));
  await ingestion.failRows(batch, [2, 7]);
  expect(await ingestion.report(batch)).toMatchObject({ failedRows: 2 });
  await ingestion.batches.command(caller(tenantId), batch.id, 'retry');
  await ingestion.workOn();
  expect(await ingestion.report(batch)).toMatchObject({ failedRows: 0, state: 'running' });
  expect(await ingestion.numbers(batch)).toMatchObject({ rows: 10, distinct: 10, queued: 10 });
});

it('says which rows that failed cannot be asked for again, since nothing is kept of them', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(5));
  await ingestion.failRows(batch, [2, 4]);
  await ingestion.control.query(`UPDATE generations SET erased_at = now(), deleted_at = now() WHERE batch_id = $1 AND row_number = 2`, [
    batch.id,
  ]);
  await ingestion.batches.command(caller(tenantId), batch.id, 'retry');
  await ingestion.workOn();
  expect(await ingestion.report(batch)).toMatchObject({ failedRows: 1, state: 'running' });
  expect(await ingestion.errorsOf(batch)).toEqual([
    { row_number: 2, line: 0, field: null, reason: expect.stringContaining('not retried') },
  ]);
});

it('takes so many unfinished batches of a tenant and no more, however many ask at once', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  await ingestion.control.query(
    `INSERT INTO batches (tenant_id, id, api_key_id, state, options, source_format)
     SELECT $1, uuidv7(), uuidv7(), 'paused', '{}', 'none' FROM generate_series(1, ${MAX_UNFINISHED_BATCHES - 1})`,
    [tenantId],
  );
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => ingestion.create(tenantId, rows(1))));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('have not ended') },
  });
  await ingestion.workOn();
});

it('lets nobody see a batch of another tenant', async () => {
  const batch = await ingestion.loaded(await aTenant(ingestion.control, PLENTY_MICRO), rows(1));
  const other = caller(await aTenant(ingestion.control, 0n));
  expect(await ingestion.batches.get(other, batch.id)).toBeNull();
  expect(await ingestion.batches.command(other, batch.id, 'cancel')).toEqual({ refused: 'not_found' });
});
