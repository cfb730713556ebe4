import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { ScimProvider } from '#apps/api/testing/scim-provider';
import { SCIM_ERROR } from '#contracts/scim';
import { GROUP, USER } from '#core/directory/attributes';
import { MAX_CALLS_PER_MINUTE } from '#core/directory/limits';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let tenantId: string;
let owner: SignedIn & { email: string; memberId: string };
let provider: ScimProvider;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 0n);
  owner = await api.aSession(tenantId, 'owner');
  provider = await ScimProvider.of(api, owner);
});
afterAll(() => api.stop());

const filtered = (path: string, filter: string) => provider.call('GET', `${path}?filter=${encodeURIComponent(filter)}`);

it('makes a person, tells of them by their own URL and version, and answers in SCIM’s own type', async () => {
  const wanted = { schemas: [USER.id], userName: 'Ann@acme.example', externalId: 'a-1', name: { givenName: 'Ann', familyName: 'Lee' } };
  const made = await provider.call('POST', '/Users', wanted);
  expect(made.status).toBe(201);
  expect(made.headers['content-type']).toMatch(/^application\/scim\+json/);
  expect(made.body).toMatchObject({ ...wanted, active: true, meta: { resourceType: 'User', version: 'W/"1"' } });
  expect(made.headers).toMatchObject({ location: made.body.meta.location, etag: 'W/"1"' });
  expect((await provider.call('GET', `/Users/${made.body.id}`)).body).toEqual(made.body);
  expect((await provider.call('GET', `/Users/${made.body.id}`, undefined, { 'if-none-match': 'W/"1"' })).status).toBe(304);
});

it.each([
  { same: 'userName', body: { userName: 'BEA@acme.example' } },
  { same: 'externalId', body: { userName: 'other@acme.example', externalId: 'b-1' } },
  { same: 'e-mail address', body: { userName: 'another', emails: [{ value: 'bea@acme.example' }] } },
])('refuses a second person of the same $same with 409 uniqueness', async ({ same, body }) => {
  await provider.user('bea@acme.example', { externalId: 'b-1' });
  const answer = await provider.call('POST', '/Users', { schemas: [USER.id], ...body });
  expect([answer.status, answer.body]).toEqual([
    409,
    { schemas: [SCIM_ERROR], status: '409', scimType: 'uniqueness', detail: `Another person has this ${same}` },
  ]);
});

it('finds people as identity providers look for them', async () => {
  const id = await provider.user('Cid@acme.example', { externalId: 'c-1', emails: [{ value: 'cid@acme.example', type: 'work' }] });
  for (const filter of [
    'userName eq "cid@ACME.example"',
    'externalId eq "c-1"',
    `id eq "${id}"`,
    'emails[type eq "work"].value eq "cid@acme.example"',
    'emails.value eq "cid@acme.example"',
    'emails eq "cid@acme.example" and active eq true',
    `${USER.id}:userName sw "cid" and not (active eq false)`,
  ]) {
    const { body } = await filtered('/Users', filter);
    expect([filter, body.totalResults, body.Resources?.[0]?.id]).toEqual([filter, 1, id]);
  }
  expect((await filtered('/Users', 'userName eq "nobody"')).body).toMatchObject({ totalResults: 0, Resources: [] });
  expect((await filtered('/Users', 'externalId eq "C-1"')).body.totalResults).toBe(0); // case counts
});

it('pages from 1 on, within its bounds', async () => {
  const other = await ScimProvider.of(api, await api.aSession(await aTenant(api.control, 0n), 'owner'));
  for (let at = 0; at < 5; at += 1) await other.user(`p${at}@acme.example`);
  const page = async (query: string) => (await other.call('GET', `/Users?${query}`)).body;
  expect(await page('startIndex=4&count=3')).toMatchObject({ totalResults: 5, startIndex: 4, itemsPerPage: 2 });
  expect(await page('startIndex=0&count=-1')).toMatchObject({ totalResults: 5, startIndex: 1, itemsPerPage: 0, Resources: [] });
  expect((await page('count=100000')).itemsPerPage).toBe(5);
  expect((await other.call('GET', '/Users?count=many')).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
});

it('refuses to overwrite what was changed meanwhile, and otherwise counts versions', async () => {
  const id = await provider.user('dan@acme.example');
  const put = (ifMatch: string) =>
    provider.call('PUT', `/Users/${id}`, { schemas: [USER.id], userName: 'dan@acme.example', displayName: 'Dan' }, { 'if-match': ifMatch });
  expect((await put('W/"1"')).body.meta.version).toBe('W/"2"');
  expect((await put('W/"1"')).body).toMatchObject({ schemas: [SCIM_ERROR], status: '412' });
});

it.each([
  { what: 'no schemas', method: 'POST', path: '/Users', body: { userName: 'x' }, status: 400, scimType: 'invalidSyntax' },
  { what: 'no user name', method: 'POST', path: '/Users', body: { schemas: [USER.id] }, status: 400, scimType: 'invalidValue' },
  { what: 'no object', method: 'POST', path: '/Groups', body: ['x'], status: 400, scimType: 'invalidSyntax' },
  { what: 'a broken filter', method: 'GET', path: '/Users?filter=userName%20is%20x', status: 400, scimType: 'invalidFilter' },
  { what: 'an id of nobody', method: 'GET', path: '/Users/nobody', status: 404 },
  { what: 'what is not here', method: 'GET', path: '/Bulk', status: 404 },
  { what: 'a method that is not here', method: 'PUT', path: '/Users', body: {}, status: 405 },
  { what: 'a search of everything', method: 'POST', path: '/.search', body: {}, status: 501 },
])('answers $what with $status in the form of RFC 7644', async ({ method, path, body, status, scimType }) => {
  const answer = await provider.call(method, path, body);
  expect([answer.status, answer.body.schemas, answer.body.status, answer.body.scimType]).toEqual([
    status,
    [SCIM_ERROR],
    String(status),
    scimType,
  ]);
  expect(answer.headers['content-type']).toMatch(/^application\/scim\+json/);
});

function groupOf(member: string) {
  return { schemas: [GROUP.id], displayName: 'X', members: [{ value: member }] };
}

it('lets nobody in without a living token of a directory', async () => {
  const key = await api.aKey(tenantId, ['tenants:write']);
  for (const as of [null, key, 'nonsense', owner]) {
    const { status, body, headers } = await api.call(as, 'GET', '/scim/v2/Users');
    expect([status, body.schemas, headers['www-authenticate']]).toEqual([401, [SCIM_ERROR], 'Bearer']);
  }
  expect((await api.call(provider.token, 'GET', '/api/v1/members')).status).toBe(401);
});

it('keeps one tenant’s token from another tenant’s people and groups, whatever is done', async () => {
  const theirs = await ScimProvider.of(api, await api.aSession(await aTenant(api.control, 0n), 'owner'));
  const userId = await provider.user('eve@acme.example');
  const groupId = await provider.group('Theirs not', userId);
  for (const path of [`/Users/${userId}`, `/Groups/${groupId}`]) {
    expect((await theirs.call('GET', path)).status).toBe(404);
    expect((await theirs.call('DELETE', path)).status).toBe(404);
    expect((await theirs.patch(path, { op: 'replace', value: { displayName: 'Taken' } })).status).toBe(404);
  }
  expect((await theirs.call('PUT', `/Users/${userId}`, { schemas: [USER.id], userName: 'eve@acme.example' })).status).toBe(404);
  expect((await theirs.call('GET', '/Users')).body.totalResults).toBe(0);
  expect((await theirs.call('GET', `/Groups?filter=${encodeURIComponent(`members eq "${userId}"`)}`)).body.totalResults).toBe(0);
  expect((await theirs.call('POST', '/Groups', groupOf(userId))).body.members).toBeUndefined();
  expect(await theirs.user('eve@acme.example')).toEqual(expect.any(String)); // the same person there is somebody of theirs
});

it('shows the token once, lets two overlap, and takes none after it was revoked', async () => {
  const made = await api.call(owner, 'POST', '/api/v1/directory/tokens');
  expect(made.status).toBe(201);
  const old = made.body.token as string;
  const rotated = await api.call(owner, 'POST', `/api/v1/directory/tokens/${made.body.id}/rotate`, { overlapSeconds: 3_600 });
  const ask = async (token: string) => (await api.call(token, 'GET', '/scim/v2/Users?count=0')).status;
  expect([await ask(old), await ask(rotated.body.token)]).toEqual([200, 200]);
  const listed = await api.call(owner, 'GET', '/api/v1/directory/tokens');
  expect(listed.text).not.toContain(old);
  expect(listed.body.tokens).toHaveLength(3);
  expect(listed.body.tokens[0]).toMatchObject({ replacesTokenId: made.body.id, lastUsedAt: expect.any(String) });
  expect((await api.call(owner, 'DELETE', `/api/v1/directory/tokens/${made.body.id}`)).status).toBe(204);
  expect(await ask(old)).toBe(401);
  const { calls } = (await api.call(owner, 'GET', '/api/v1/directory/calls?refused=true')).body;
  expect(calls[0]).toMatchObject({ status: 401, tokenId: made.body.id, explanation: expect.stringContaining('was revoked') });
});

it('remembers the last calls for the tenant, explains the refused ones, and nothing of what was in them', async () => {
  await provider.user('fay@acme.example', { displayName: 'Fay the secret' });
  await provider.call('POST', '/Users', { schemas: [USER.id], userName: 'fay@acme.example' });
  const all = (await api.call(owner, 'GET', '/api/v1/directory/calls')).body.calls;
  expect(all.slice(0, 2)).toMatchObject([
    {
      method: 'POST',
      path: '/scim/v2/Users',
      status: 409,
      detail: 'Another person has this userName',
      explanation: expect.stringContaining('already'),
    },
    { method: 'POST', path: '/scim/v2/Users', status: 201, detail: null, explanation: null },
  ]);
  expect(JSON.stringify(all)).not.toContain('Fay the secret');
  const stranger = await api.aSession(await aTenant(api.control, 0n), 'owner');
  expect((await api.call(stranger, 'GET', '/api/v1/directory/calls')).body.calls).toEqual([]);
});

it('takes so many calls of a token a minute, says when to come again, and remembers one refusal of a flood', async () => {
  const boss = await api.aSession(await aTenant(api.control, 0n), 'owner');
  const [flooding, calm] = [await ScimProvider.of(api, boss), await ScimProvider.of(api, boss)];
  const database = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  await database.query('UPDATE directory_tokens SET window_began_at = now(), window_calls = $2 WHERE id = $1', [
    flooding.tokenId,
    MAX_CALLS_PER_MINUTE - 1,
  ]);
  await database.close();
  expect((await flooding.call('GET', '/Users')).status).toBe(200);
  const refused = await flooding.call('GET', '/Users');
  expect(refused).toMatchObject({ status: 429, body: { schemas: [SCIM_ERROR], status: '429' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await flooding.call('GET', '/Users')).status).toBe(429);
  expect((await calm.call('GET', '/Users')).status).toBe(200);
  const { calls } = (await api.call(boss, 'GET', '/api/v1/directory/calls?refused=true')).body;
  expect(calls).toMatchObject([{ status: 429, explanation: expect.stringContaining('more often') }]);
});
