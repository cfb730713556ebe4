import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { MAX_COMMENTS_PER_GUEST, MAX_OPENINGS_PER_ADDRESS } from '#core/review/share-link';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { aReviewedBatch } from '#testing/reviewed-batch';

let api: ApiUnderTest;
let owner: HotPool;
let tenantId: string;
let person: SignedIn;
let batch: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  tenantId = await aTenant(api.control, 0n);
  person = await api.aSession(tenantId, 'owner');
  batch = await aReviewedBatch(api.database.ownerUrl, { tenantId, rows: 4, name: 'Spring' });
  await api.call(person, 'POST', `/api/v1/batches/${batch}/decisions`, { state: 'approved', rows: [2, 3] });
});
afterAll(async () => {
  await owner.close();
  await api.stop();
});

const linksOf = (id: string) => `/api/v1/batches/${id}/share-links`;
const make = async (wanted: object = {}) => {
  const { body } = await api.call(person, 'POST', linksOf(batch), { name: 'The client', ...wanted });
  return { id: body.id as string, url: body.url as string, token: (body.url as string).split('#')[1] as string };
};
const open = (token: string, name = 'Gina') => api.call(null, 'POST', '/api/v1/shared', { token, name });

/** A browser that came in by a new link. */
async function aGuest(wanted: object = {}, name = 'Gina') {
  const { id, token } = await make(wanted);
  const { body, cookie } = await open(token, name);
  const headers = { cookie: (cookie as string).split(';')[0] as string, 'x-halogen-csrf': body.csrfToken as string };
  const call = (method: string, url: string, said?: unknown, more: Record<string, string> = {}): Promise<Answer> =>
    api.call(null, method, url, said, { ...headers, ...more });
  const rows = async () => ((await call('GET', '/api/v1/shared/results')).body.results as { row: number }[]).map(({ row }) => row);
  return { id, token, headers, call, rows };
}
const audited = async (action: string) =>
  (
    await api.control.query<{ actor_kind: string; target_id: string; data: object }>(
      'SELECT actor_kind, target_id, data FROM audit_log WHERE tenant_id = $1 AND action = $2 ORDER BY id DESC LIMIT 1',
      [tenantId, action],
    )
  )[0];

it('is shown once, kept as a hash, ends within 90 days, and carries its token where no server sees it', async () => {
  const { id, url, token } = await make({ days: 90 });
  expect(url).toBe(`http://127.0.0.1/share#${token}`);
  const guest = await aGuest();
  const kept = await owner.query<{ whole: string }>(
    'SELECT l::text AS whole FROM share_links l UNION ALL SELECT g::text FROM share_guests g',
  );
  for (const { whole } of kept)
    for (const secret of [token, guest.token, guest.headers.cookie.split('=')[1] as string]) expect(whole).not.toContain(secret);
  const { text } = await api.call(person, 'GET', linksOf(batch));
  expect(text).toContain(id);
  expect(text).not.toContain(token);
  expect((await api.call(person, 'POST', linksOf(batch), { name: 'x', days: 91 })).status).toBe(422);
  await expect(owner.query(`UPDATE share_links SET expires_at = created_at + interval '91 days' WHERE id = $1`, [id])).rejects.toThrow(
    'check',
  );
  expect(await audited('share_link.created')).toMatchObject({ actor_kind: 'person' });
});

it('shows each browser that opens it the results it is for, by name, and every opening is audited and listed', async () => {
  const { id, token } = await make();
  const first = await open(token, 'Gina');
  expect(first.cookie).toMatch(/^halogen_guest=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  expect(first.body).toMatchObject({ campaignName: 'Spring', access: 'comment', results: 'approved', guestName: 'Gina' });
  expect((await open(token, 'Hugo')).status).toBe(200);
  expect(await audited('share_link.opened')).toEqual({ actor_kind: 'guest', target_id: id, data: { name: 'Hugo' } });
  const { body } = await api.call(person, 'GET', linksOf(batch));
  const listed = body.links.find((one: { id: string }) => one.id === id);
  expect(listed).toMatchObject({ state: 'open', name: 'The client' });
  expect(listed.guests.map(({ name }: { name: string }) => name)).toEqual(['Hugo', 'Gina']);

  expect(await (await aGuest()).rows()).toEqual([2, 3]);
  const all = await aGuest({ results: 'all' });
  expect(await all.rows()).toEqual([1, 2, 3, 4]);
  const { body: page } = await all.call('GET', '/api/v1/shared/results?limit=3');
  expect(page).toMatchObject({ nextAfter: 3 });
  expect(Object.keys(page.results[0])).toEqual(['row', 'generationId', 'model', 'prompt', 'output', 'assets']);
});

it('takes comments on a frame and a place where the link allows it, and shows guests what concerns them alone', async () => {
  const inside = (await api.call(person, 'POST', `/api/v1/batches/${batch}/rows/2/comments`, { text: 'Between ourselves' })).body
    .id as string;
  const guest = await aGuest();
  const comments = '/api/v1/shared/results/2/comments';
  const said = await guest.call('POST', comments, { text: 'More light', frame: 0, x: 0.25, y: 0.5 });
  expect(said.body).toMatchObject({ author: { kind: 'guest', name: 'Gina' }, frame: 0, x: 0.25, y: 0.5, isShared: true });
  expect((await guest.call('POST', comments, { text: 'What is this', parentId: inside })).status).toBe(404);
  const answer = { text: 'Will do', parentId: said.body.id };
  expect((await api.call(person, 'POST', `/api/v1/batches/${batch}/rows/2/comments`, answer)).body).toMatchObject({ isShared: true });
  const seen = async (one: typeof guest) => ((await one.call('GET', comments)).body.comments as { text: string }[]).map(({ text }) => text);
  expect(await seen(guest)).toEqual(['More light', 'Will do']);
  expect(await seen(await aGuest({}, 'Of another link'))).toEqual([]);
  expect((await guest.call('POST', '/api/v1/shared/results/1/comments', { text: 'Not shown to me' })).status).toBe(404);
  expect((await guest.call('GET', '/api/v1/shared/results/1/comments')).status).toBe(404);

  const onlooker = await aGuest({ access: 'view' });
  expect((await onlooker.call('POST', comments, { text: 'May I' })).status).toBe(403);
});

it('shows nothing else of the tenant: everything else is not there', async () => {
  const guest = await aGuest();
  const others = [
    '/api/v1/members',
    '/api/v1/generations',
    `/api/v1/batches/${batch}`,
    `/api/v1/batches/${batch}/rows`,
    linksOf(batch),
    '/api/v1/audit',
  ];
  for (const path of others) expect([path, (await guest.call('GET', path)).status]).toEqual([path, 404]);
  expect((await guest.call('POST', linksOf(batch), { name: 'More' })).status).toBe(404);
  expect((await guest.call('POST', `/api/v1/batches/${batch}/decisions`, { state: 'approved', rows: [1] })).status).toBe(404);
  expect((await guest.call('GET', '/api/v1/me')).status).toBe(401);
  expect((await api.call(person, 'GET', '/api/v1/shared/results')).status).toBe(401);
});

it('is held to its campaign by the database too', async () => {
  await aReviewedBatch(api.database.ownerUrl, { tenantId, rows: 3, name: 'Autumn' });
  const guest = await aGuest({ results: 'all' });
  const database = new HotPool({ url: api.database.apiUrl, applicationName: 'test-api', maxConnections: 1 });
  const asGuest = (sql: string) =>
    database.transaction('guest', [], async (tx) => {
      const hash = `encode(sha256('${guest.headers.cookie.split('=')[1]}'), 'hex')`;
      await tx.query(`SELECT set_config('role', 'halogen_guest', true), set_config('halogen.guest', ${hash}, true)`);
      return tx.query(sql);
    });
  const count = 'SELECT count(*)::int AS seen FROM';
  expect(await asGuest(`${count} generations`)).toEqual([{ seen: 4 }]);
  expect(await asGuest(`${count} batches`)).toEqual([{ seen: 1 }]);
  for (const sql of [
    'SELECT request FROM generations',
    'SELECT price_micro FROM generations',
    'SELECT * FROM members',
    'SELECT * FROM share_links',
  ]) {
    await expect(asGuest(sql)).rejects.toThrow('permission denied');
  }
  await expect(asGuest(`UPDATE generations SET prompt = 'mine'`)).rejects.toThrow('permission denied');
  await api.call(person, 'DELETE', `${linksOf(batch)}/${guest.id}`);
  expect(await asGuest(`${count} generations`)).toEqual([{ seen: 0 }]);
  await database.close();
});

it('takes no write that another site makes the browser send', async () => {
  const guest = await aGuest();
  const say = (more: Record<string, string>) => guest.call('POST', '/api/v1/shared/results/2/comments', { text: 'Forged' }, more);
  expect((await say({ 'x-halogen-csrf': 'forged' })).status).toBe(403);
  expect((await say({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

it('ends at once when it is revoked, and when its time is over', async () => {
  const guest = await aGuest();
  expect((await guest.call('GET', '/api/v1/shared')).status).toBe(200);
  expect((await api.call(person, 'DELETE', `${linksOf(batch)}/${guest.id}`)).status).toBe(204);
  expect(await audited('share_link.revoked')).toMatchObject({ target_id: guest.id });
  expect((await guest.call('GET', '/api/v1/shared')).status).toBe(401);
  expect((await guest.call('GET', '/api/v1/shared/results')).status).toBe(401);
  expect((await open(guest.token)).status).toBe(403);
  const late = await aGuest();
  await owner.query(`UPDATE share_links SET created_at = now() - interval '2 days', expires_at = now() WHERE id = $1`, [late.id]);
  expect((await late.call('GET', '/api/v1/shared/results')).status).toBe(401);
  expect((await open(late.token)).status).toBe(403);
});

it('is made by whoever may write generations, of their own batches', async () => {
  expect((await api.call(await api.aSession(tenantId, 'creator'), 'POST', linksOf(batch), { name: 'x' })).status).toBe(201);
  expect((await api.call(await api.aSession(tenantId, 'viewer'), 'POST', linksOf(batch), { name: 'x' })).status).toBe(403);
  expect((await api.call(person, 'POST', linksOf(randomUUID()), { name: 'x' })).status).toBe(404);
});

it('lets nobody go on for ever: comments of one guest, and openings from one address', async () => {
  const guest = await aGuest();
  for (let at = 0; at < MAX_COMMENTS_PER_GUEST; at += 1) {
    expect((await guest.call('POST', '/api/v1/shared/results/3/comments', { text: `No ${at}` })).status).toBe(201);
  }
  expect((await guest.call('POST', '/api/v1/shared/results/3/comments', { text: 'One more' })).status).toBe(429);
  const tries = Array.from({ length: MAX_OPENINGS_PER_ADDRESS }, () => open(randomBytes(32).toString('base64url')));
  expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([403, 429]));
  expect((await open(guest.token)).status).toBe(429);
});
