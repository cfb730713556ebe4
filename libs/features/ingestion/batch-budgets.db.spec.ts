import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitAll } from '#features/generations/submit-group';
import { caller, IngestionUnderTest, PLENTY_MICRO, ROW_MICRO, rows } from '#features/ingestion/testing/ingestion-under-test';
import { grantCredits } from '#features/ledger/grants.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { anImage, aTenant, someUnits } from '#testing/builders';

/** Whoever of this database waits for a lock: other tests share the server. */
const WAITING = `
  SELECT 1 FROM pg_locks waiting JOIN pg_locks held ON held.pid = waiting.pid
   WHERE NOT waiting.granted AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

let ingestion: IngestionUnderTest;

beforeAll(async () => {
  ingestion = await IngestionUnderTest.start();
});
afterAll(() => ingestion.stop());

it('takes the longest prefix that the credits cover, says so, and goes on when there are more', async () => {
  const tenantId = await aTenant(ingestion.control, 2_345n * ROW_MICRO + 1n);
  const batch = await ingestion.loaded(tenantId, rows(3_000));
  expect(batch).toMatchObject({
    state: 'paused',
    stateReason: 'insufficient_credits',
    acceptedRows: 2_345,
    committedRow: 2_345,
    missingMicro: ROW_MICRO - 1n,
  });
  expect(await ledgerDifferences(ingestion.control)).toEqual([]);
  await ingestion.control.transaction('top up', [], (tx) =>
    grantCredits(tx, { tenantId, id: randomUUID(), accountId: randomUUID(), amountMicro: 1_000n * ROW_MICRO }),
  );
  await ingestion.batches.command(caller(tenantId), batch.id, 'resume');
  await ingestion.workOn(); // nothing is held
  await ingestion.workOn();
  expect(await ingestion.report(batch)).toMatchObject({ state: 'running', stateReason: null, acceptedRows: 3_000, missingMicro: 0n });
});

it('keeps nothing of a chunk behind one whose credits were spent while it was inserted', async () => {
  const tenantId = await aTenant(ingestion.control, 3_000n * ROW_MICRO);
  await ingestion.create(tenantId, rows(6_000));
  const batch = await ingestion.claimed();
  // Five credits each, as much as two rows.
  const images = Array.from({ length: 1_100 }, () => anImage(tenantId));
  let loading: Promise<void> | undefined;
  await ingestion.api.transaction('submit', [tenantId], async (tx) => {
    await submitAll(tx, images, false); // has locked the accounts and not moved them yet
    loading = ingestion.load(batch);
    while ((await tx.query(WAITING)).length === 0);
  });
  await loading;
  const [counted] = await ingestion.control.query('SELECT count(*)::int AS rows FROM generations WHERE batch_id = $1', [batch.id]);
  expect(counted).toEqual({ rows: 800 });
  expect(await ingestion.batches.get({ tenantId }, batch.id)).toMatchObject({ state: 'paused', acceptedRows: 800, committedRow: 800 });
});

it('pauses before the row that its budget does not cover', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(20), { options: { budgetCredits: '26' } });
  expect(batch).toMatchObject({ state: 'paused', stateReason: 'budget_reached', acceptedRows: 10 });
});

it('takes what the month’s budget of its project covers, and counts what is cancelled out again', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const projectId = await ingestion.aProject(tenantId, { budgetMicro: 10n * ROW_MICRO });
  const first = await ingestion.loaded(tenantId, rows(6), { projectId });
  expect(first).toMatchObject({ state: 'running', acceptedRows: 6 });
  const second = await ingestion.loaded(tenantId, rows(6), { projectId });
  expect(second).toMatchObject({ state: 'paused', stateReason: 'project_budget_reached', acceptedRows: 4, missingMicro: ROW_MICRO });
  expect(await ingestion.usedBy(projectId)).toBe(10n * ROW_MICRO);
  await ingestion.batches.command(caller(tenantId), first.id, 'cancel');
  await ingestion.workOn();
  expect(await ingestion.usedBy(projectId)).toBe(4n * ROW_MICRO);
  const [told] = await ingestion.control.query<{ events: number }>(
    `SELECT count(*)::int AS events FROM events WHERE tenant_id = $1 AND type = 'budget.exceeded'`,
    [tenantId],
  );
  expect(told).toEqual({ events: 1 });
  await ingestion.batches.command(caller(tenantId), second.id, 'resume');
  await ingestion.workOn();
  await ingestion.workOn();
  expect(await ingestion.report(second)).toMatchObject({ state: 'running', acceptedRows: 6 });
});

it('goes past a budget that only warns', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const projectId = await ingestion.aProject(tenantId, { budgetMicro: ROW_MICRO, enforcement: 'warn' });
  expect(await ingestion.loaded(tenantId, rows(3), { projectId })).toMatchObject({ state: 'running', acceptedRows: 3 });
  expect(await ingestion.usedBy(projectId)).toBe(3n * ROW_MICRO);
});

it('takes what the cap of its key covers, and counts what is asked for again', async () => {
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  const apiKeyId = await ingestion.aKey(tenantId, 5n * ROW_MICRO);
  const batch = await ingestion.loaded(tenantId, rows(5), { apiKeyId });
  expect(batch).toMatchObject({ state: 'running', acceptedRows: 5 });
  expect(await ingestion.loaded(tenantId, rows(1), { apiKeyId })).toMatchObject({
    state: 'paused',
    stateReason: 'key_cap_reached',
    acceptedRows: 0,
  });
  await ingestion.failRows(batch, [1, 2]);
  expect(await ingestion.usedBy(apiKeyId)).toBe(3n * ROW_MICRO);
  await ingestion.loaded(tenantId, rows(1), { apiKeyId });
  await ingestion.batches.command(caller(tenantId), batch.id, 'retry');
  await ingestion.workOn();
  expect(await ingestion.report(batch)).toMatchObject({
    state: 'paused',
    stateReason: 'key_cap_reached',
    failedRows: 1,
    missingMicro: ROW_MICRO,
  });
  expect(await ingestion.usedBy(apiKeyId)).toBe(5n * ROW_MICRO);
});

it('takes dedicated rows of a tenant with units, which reserve nothing, and refuses those of one without', async () => {
  const source = Buffer.from('{"model":"photon-1","prompt":"a fox"}\n{"model":"photon-1","prompt":"a fox","serviceTier":"spillover"}');
  const options = { serviceTier: 'dedicated' };
  const without = await ingestion.loaded(await aTenant(ingestion.control, PLENTY_MICRO), source, { options });
  expect(without).toMatchObject({ acceptedRows: 1, refusedRows: 1 });
  expect((await ingestion.errorsOf(without))[0]).toMatchObject({
    field: 'serviceTier',
    reason: expect.stringMatching(/^dedicated needs 1 units of/),
  });
  const tenantId = await aTenant(ingestion.control, PLENTY_MICRO);
  await someUnits(ingestion.control, tenantId, 'halo-1', 8);
  const batch = await ingestion.loaded(tenantId, source, { options });
  expect(batch).toMatchObject({ acceptedRows: 2, refusedRows: 0, priceMicro: 2n * ROW_MICRO });
});

it('says of a dry run what is missing for all of its rows', async () => {
  const tenantId = await aTenant(ingestion.control, 2_500n * ROW_MICRO);
  const dry = await ingestion.loaded(tenantId, rows(3_000), { options: { dryRun: true } });
  expect(dry).toMatchObject({
    state: 'completed',
    acceptedRows: 3_000,
    missingMicro: 500n * ROW_MICRO,
    stateReason: 'insufficient_credits',
  });
  const projectId = await ingestion.aProject(tenantId, { budgetMicro: 100n * ROW_MICRO });
  const over = await ingestion.loaded(tenantId, rows(3_000), { options: { dryRun: true }, projectId });
  expect(over).toMatchObject({ missingMicro: 2_900n * ROW_MICRO, stateReason: 'project_budget_reached' });
  expect(await ingestion.usedBy(projectId)).toBe(0n);
});
