import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { batchIdOf, rowIdOf } from '#core/ingestion/row-ids';
import { aTenant } from '#testing/builders';
import { aReviewedBatch } from '#testing/reviewed-batch';

let api: ApiUnderTest;
let tenantId: string;
let creator: SignedIn & { memberId: string };
let batchId: string;

const MATRIX = { city: ['Oslo', 'Rome'], light: ['dawn', 'dusk', 'night'] };

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  creator = await api.aSession(tenantId, 'creator');
});
afterAll(() => api.stop());
beforeEach(async () => {
  batchId = await aReviewedBatch(api.database.ownerUrl, { tenantId, rows: 6, matrix: MATRIX });
});

const get = (path: string) => api.call(creator, 'GET', `/api/v1/batches/${batchId}${path}`);
const post = (path: string, body: unknown) => api.call(creator, 'POST', `/api/v1/batches/${batchId}${path}`, body);
const statesOf = async () => ((await get('/rows')).body.rows as { review: string }[]).map(({ review }) => review);

it('shows the rows of a batch with the values of its matrix, every result waiting', async () => {
  const { body, status } = await get('/rows?limit=2');
  expect(status).toBe(200);
  expect(body.rows).toHaveLength(2);
  expect(body.nextAfter).toBe(2);
  expect(body.rows[1]).toMatchObject({ row: 2, review: 'waiting', version: 1, values: { city: 'Oslo', light: 'dusk' }, openComments: 0 });
  expect(body.rows[1].assets.image).toMatch(/^http/);
  const rest = await get('/rows?limit=100&after=2');
  expect([rest.body.rows.length, rest.body.nextAfter]).toEqual([4, null]);
});

it('decides many rows in one call, says who and when, and tells it once', async () => {
  const { body } = await post('/decisions', { state: 'approved', rows: [1, 2, 2, 99] });
  expect(body).toEqual({ changed: 2, hasMore: false });
  expect((await post('/decisions', { state: 'rejected', match: { review: 'waiting' } })).body.changed).toBe(4);
  expect(await statesOf()).toEqual(['approved', 'approved', 'rejected', 'rejected', 'rejected', 'rejected']);
  const [first] = (await get('/rows?review=approved')).body.rows;
  expect(first).toMatchObject({ row: 1, decidedBy: 'A person' });
  expect(Date.parse(first.decidedAt)).toBeGreaterThan(0);
  const events = await api.control.query<{ data: unknown }>(
    `SELECT data FROM events WHERE tenant_id = $1 AND type = 'review.decided' AND data ->> 'batchId' = $2 ORDER BY id`,
    [tenantId, batchId],
  );
  expect(events.map(({ data }) => data)).toEqual([
    { batchId, state: 'approved', rows: 2, by: 'A person' },
    { batchId, state: 'rejected', rows: 4, by: 'A person' },
  ]);
});

it('takes a decision back', async () => {
  await post('/decisions', { state: 'rejected', rows: [3] });
  await post('/decisions', { state: 'waiting', rows: [3] });
  expect((await get('/rows?review=waiting')).body.rows).toHaveLength(6);
});

it('sums up decisions by value of the matrix, and failures by cause', async () => {
  await post('/decisions', { state: 'approved', rows: [1, 2, 4] });
  await post('/decisions', { state: 'rejected', rows: [5] });
  await api.control.query(
    `UPDATE generations SET state = 'failed', assets = NULL, failure_reason = 'No lane held it' WHERE tenant_id = $1 AND batch_id = $2 AND row_number IN (3, 6)`,
    [tenantId, batchId],
  );
  expect((await get('/review')).body).toEqual({
    results: 6,
    waiting: 2,
    approved: 3,
    rejected: 1,
    openComments: 0,
    axes: [
      {
        name: 'city',
        values: [
          { value: 'Oslo', approved: 2, rejected: 0 },
          { value: 'Rome', approved: 1, rejected: 1 },
        ],
      },
      {
        name: 'light',
        values: [
          { value: 'dawn', approved: 2, rejected: 0 },
          { value: 'dusk', approved: 1, rejected: 1 },
          { value: 'night', approved: 0, rejected: 0 },
        ],
      },
    ],
    failures: [{ reason: 'No lane held it', rows: 2, firstRows: [3, 6] }],
  });
  expect((await post('/decisions', { state: 'approved', rows: [3] })).body.changed).toBe(0);
});

it('pins a comment to a frame and a place, answers and resolves it', async () => {
  const { body: thread, status } = await post('/rows/2/comments', { text: ' The logo is cut off ', frame: 17, x: 0.25, y: 0.75 });
  expect(status).toBe(201);
  expect(thread).toMatchObject({
    generationId: rowIdOf(batchId, 2),
    frame: 17,
    x: 0.25,
    y: 0.75,
    text: 'The logo is cut off',
    author: { kind: 'person', name: 'A person' },
    resolvedAt: null,
  });
  await post('/rows/2/comments', { text: 'Mended', parentId: thread.id });
  expect((await get('/rows?limit=2')).body.rows[1].openComments).toBe(1);
  const resolved = await api.call(creator, 'PATCH', `/api/v1/batches/${batchId}/comments/${thread.id}`, { resolved: true });
  expect(resolved.body).toMatchObject({ id: thread.id, resolvedBy: 'A person' });
  expect((await get('/rows?limit=2')).body.rows[1].openComments).toBe(0);
  const { comments } = (await get('/rows/2/comments')).body;
  expect(comments.map(({ parentId, text }: { parentId: string | null; text: string }) => [parentId, text])).toEqual([
    [null, 'The logo is cut off'],
    [thread.id, 'Mended'],
  ]);
});

it.each([
  { text: '' },
  { text: 'x', x: 0.5 },
  { text: 'x', x: 1.5, y: 0 },
  { text: 'x', frame: -1 },
  { text: 'x', parentId: randomUUID(), frame: 3 },
])('refuses %o', async (said) => expect((await post('/rows/1/comments', said)).status).toBe(422));

it('gives rows to a member, and to nobody who is none', async () => {
  expect((await post('/assignments', { rows: [1, 4], memberId: creator.memberId })).body.changed).toBe(2);
  const mine = await get(`/rows?assignee=${creator.memberId}`);
  expect(mine.body.rows.map(({ row, assignee }: { row: number; assignee: unknown }) => [row, assignee])).toEqual([
    [1, { id: creator.memberId, name: 'A person' }],
    [4, { id: creator.memberId, name: 'A person' }],
  ]);
  expect((await post('/assignments', { rows: [1], memberId: randomUUID() })).status).toBe(404);
});

it('makes a row anew with a note: a new version waits, what was decided stays with the old one', async () => {
  await post('/decisions', { state: 'rejected', rows: [5] });
  const made = await post('/rows/5/regenerate', { note: 'with more contrast' });
  expect([made.status, made.body.version]).toEqual([202, 2]);
  const again = await post('/rows/5/regenerate', {});
  expect([again.status, again.body.detail]).toEqual([409, 'The newest version of this row is still being made']);
  const { versions } = (await get('/rows/5/versions')).body;
  expect(versions).toMatchObject([
    {
      version: 2,
      generationId: made.body.generationId,
      state: 'queued',
      review: 'waiting',
      note: 'with more contrast',
      askedBy: 'A person',
    },
    { version: 1, generationId: rowIdOf(batchId, 5), review: 'rejected', note: null },
  ]);
  expect(versions[0].prompt).toBe('a picture of row 5 with more contrast');
  expect((await get('/review')).body.rejected).toBe(0);
  expect((await get('/rows?after=4&limit=1')).body.rows[0]).toMatchObject({ row: 5, versions: 2, state: 'queued' });
});

it('counts the version before it again when there are no credits for a new one', async () => {
  const poor = await aTenant(api.control, 0n);
  const poorBatch = await aReviewedBatch(api.database.ownerUrl, { tenantId: poor, rows: 1 });
  const owner = await api.aSession(poor, 'owner');
  await api.call(owner, 'POST', `/api/v1/batches/${poorBatch}/decisions`, { state: 'rejected', rows: [1] });
  expect((await api.call(owner, 'POST', `/api/v1/batches/${poorBatch}/rows/1/regenerate`, {})).status).toBe(402);
  const { versions } = (await api.call(owner, 'GET', `/api/v1/batches/${poorBatch}/rows/1/versions`)).body;
  expect(versions).toHaveLength(1);
  expect((await api.call(owner, 'GET', `/api/v1/batches/${poorBatch}/review`)).body.rejected).toBe(1);
});

it('lets a viewer look and not decide', async () => {
  const viewer = await api.aSession(tenantId, 'viewer');
  expect((await api.call(viewer, 'GET', `/api/v1/batches/${batchId}/review`)).status).toBe(200);
  expect((await api.call(viewer, 'POST', `/api/v1/batches/${batchId}/decisions`, { state: 'approved', rows: [1] })).status).toBe(403);
});

it('is nothing for another tenant, and nothing where there is no row', async () => {
  const stranger = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  for (const path of ['/review', '/rows', '/rows/1/versions', '/rows/1/comments']) {
    expect((await api.call(stranger, 'GET', `/api/v1/batches/${batchId}${path}`)).status).toBe(404);
  }
  expect((await get('/rows/99/versions')).status).toBe(404);
  expect((await get('/rows/0/comments')).status).toBe(404);
  expect((await api.call(creator, 'GET', `/api/v1/batches/${batchIdOf(randomUUID())}/review`)).status).toBe(404);
});

it('walks 10,000 rows by pages and decides them all at once', async () => {
  const large = await aReviewedBatch(api.database.ownerUrl, { tenantId, rows: 10_001 });
  const seen: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { body } = await api.call(creator, 'GET', `/api/v1/batches/${large}/rows?limit=500&after=${after}&review=waiting`);
    seen.push(...(body.rows as { row: number }[]).map(({ row }) => row));
    after = body.nextAfter;
  }
  expect(seen).toEqual(Array.from({ length: 10_001 }, (_, at) => at + 1));
  const all = { state: 'approved', match: { review: 'waiting' } };
  expect((await api.call(creator, 'POST', `/api/v1/batches/${large}/decisions`, all)).body).toEqual({ changed: 10_000, hasMore: true });
  expect((await api.call(creator, 'POST', `/api/v1/batches/${large}/decisions`, all)).body).toEqual({ changed: 1, hasMore: false });
  expect((await api.call(creator, 'GET', `/api/v1/batches/${large}/review`)).body).toMatchObject({
    results: 10_001,
    waiting: 0,
    approved: 10_001,
  });
});
