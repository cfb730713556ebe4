import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { MAX_SAVED_VIEWS } from '#core/views/saved-view';
import { aTenant } from '#testing/builders';

const VIEWS = '/api/v1/saved-views';
let api: ApiUnderTest;
let tenantId: string;
let ada: SignedIn;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 0n);
  ada = await api.aSession(tenantId, 'viewer');
});
afterAll(() => api.stop());

const save = (as: SignedIn, name: string, filters: object) => api.call(as, 'POST', VIEWS, { page: 'generations', name, filters });
const namesOf = async (as: SignedIn) => (await api.call(as, 'GET', VIEWS)).body.views.map(({ name }: { name: string }) => name);

it('keeps filters under a name for whoever saved them, and replaces one of the same name', async () => {
  const { status, body } = await save(ada, 'Failed films', { state: 'failed', model: 'ray-2' });
  expect([status, body]).toMatchObject([201, { name: 'Failed films', filters: { state: 'failed', model: 'ray-2' } }]);
  await save(ada, 'Failed films', { state: 'failed' });
  await save(ada, 'Drafts', { tier: 'flex' });
  expect((await api.call(ada, 'GET', VIEWS)).body.views).toMatchObject([
    { name: 'Drafts', filters: { tier: 'flex' } },
    { id: body.id, name: 'Failed films', filters: { state: 'failed' } },
  ]);
});

it('shows and deletes nobody else’s', async () => {
  const { body } = await save(ada, 'Mine', {});
  const others = [await api.aSession(tenantId, 'owner'), await api.aSession(await aTenant(api.control, 0n), 'owner')];
  for (const other of others) {
    expect(await namesOf(other)).toEqual([]);
    expect((await api.call(other, 'DELETE', `${VIEWS}/${body.id}`)).status).toBe(404);
  }
  expect((await api.call(ada, 'DELETE', `${VIEWS}/${body.id}`)).status).toBe(204);
  expect(await namesOf(ada)).not.toContain('Mine');
});

it('keeps a bounded number', async () => {
  const bob = await api.aSession(tenantId, 'creator');
  for (let at = 0; at < MAX_SAVED_VIEWS; at += 1) expect((await save(bob, `View ${at}`, {})).status).toBe(201);
  expect((await save(bob, 'One more', {})).status).toBe(409);
  expect((await save(bob, 'View 7', { state: 'queued' })).status).toBe(201);
  expect((await save(bob, 'x', Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`f${at}`, 'x'])))).status).toBe(422);
});
