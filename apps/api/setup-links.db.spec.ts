import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let owner: HotPool;
let tenantId: string;
let person: SignedIn;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  tenantId = await aTenant(api.control, 0n);
  person = await api.aSession(tenantId, 'owner');
});
afterAll(async () => {
  await owner.close();
  await api.stop();
});

const make = async (wanted: object = {}) => {
  const { body } = await api.call(person, 'POST', '/api/v1/sign-in/setup-links', { name: 'Our IT', ...wanted });
  return { id: body.id as string, url: body.url as string, token: (body.url as string).split('#')[1] as string };
};
const open = (token: string) => api.call(null, 'POST', '/api/v1/setup', { token });

/** A browser that opened a new link. */
async function opened() {
  const { id, token } = await make();
  const { body, cookie } = await open(token);
  const headers = {
    cookie: (cookie as string).split(';')[0] as string,
    'x-halogen-setup': '1',
    'x-halogen-csrf': body.csrfToken as string,
  };
  const call = (method: string, url: string, wanted?: unknown, more: Record<string, string> = {}): Promise<Answer> =>
    api.call(null, method, url, wanted, { ...headers, ...more });
  return { id, call };
}
const audited = async (action: string) =>
  (
    await api.control.query<{ actor_kind: string; actor_id: string; target_id: string }>(
      'SELECT actor_kind, actor_id, target_id FROM audit_log WHERE tenant_id = $1 AND action = $2 ORDER BY id DESC LIMIT 1',
      [tenantId, action],
    )
  )[0];

it('is shown once, kept as a hash, and carries its token where no server sees it', async () => {
  const { id, url, token } = await make({ days: 2 });
  expect(url).toBe(`http://127.0.0.1/setup#${token}`);
  const [kept] = await owner.query<{ whole: string }>('SELECT setup_links::text AS whole FROM setup_links WHERE id = $1', [id]);
  expect(kept?.whole).not.toContain(token);
  const { text } = await api.call(person, 'GET', '/api/v1/sign-in/setup-links');
  expect(text).toContain(id);
  expect(text).not.toContain(token);
  await expect(owner.query(`UPDATE setup_links SET expires_at = created_at + interval '8 days' WHERE id = $1`, [id])).rejects.toThrow(
    'check',
  );
  expect((await api.call(person, 'POST', '/api/v1/sign-in/setup-links', { name: 'x', days: 8 })).status).toBe(422);
});

it('opens once, for a browser that then sets sign-in up, and every step is audited', async () => {
  const { id, token } = await make();
  const first = await open(token);
  expect(first.body).toMatchObject({ linkId: id, purpose: 'sign_in' });
  expect(first.cookie).toMatch(/^halogen_setup=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  expect((await open(token)).status).toBe(403);
  expect(await audited('setup_link.opened')).toMatchObject({ actor_kind: 'setup_link', actor_id: id });

  const it = await opened();
  expect((await it.call('POST', '/api/v1/sign-in/domains', { domain: 'acme.example' })).status).toBe(201);
  expect(await audited('sign_in.domain_claimed')).toEqual({ actor_kind: 'setup_link', actor_id: it.id, target_id: 'acme.example' });
  const connection = await it.call('POST', '/api/v1/sign-in/connections', { provider: 'okta', name: 'Okta' });
  expect(connection.status).toBe(201);
  expect(await audited('sign_in.connected')).toMatchObject({ actor_id: it.id, target_id: connection.body.id });
});

it('does nothing but set sign-in up', async () => {
  const it = await opened();
  const others = ['/api/v1/me', '/api/v1/members', '/api/v1/keys', '/api/v1/generations', '/api/v1/sign-in/setup-links', '/api/v1/audit'];
  for (const path of others) expect([path, (await it.call('GET', path)).status]).toEqual([path, 401]);
  expect((await it.call('POST', '/api/v1/sign-in/setup-links', { name: 'more' })).status).toBe(401);
  expect((await it.call('DELETE', '/api/v1/sign-in/domains/acme.example')).status).toBe(401);
});

it('works in its own tenant, never in one that its agency may reach', async () => {
  const brand = await aTenant(api.control, 0n);
  await owner.query('UPDATE tenants SET parent_tenant_id = $1 WHERE id = $2', [tenantId, brand]);
  expect((await api.call(person, 'GET', `/api/v1/sign-in/domains?tenant=${brand}`)).status).toBe(200);
  const it = await opened();
  expect((await it.call('GET', '/api/v1/sign-in/domains')).status).toBe(200);
  expect((await it.call('GET', `/api/v1/sign-in/domains?tenant=${brand}`)).status).toBe(404);
});

it('takes no write that another site makes the browser send', async () => {
  const it = await opened();
  const claim = (more: Record<string, string>) => it.call('POST', '/api/v1/sign-in/domains', { domain: 'forged.example' }, more);
  expect((await claim({ 'x-halogen-csrf': 'forged' })).status).toBe(403);
  expect((await claim({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

it('ends at once when it is revoked, opened or not, and when its time is over', async () => {
  const it = await opened();
  expect((await it.call('GET', '/api/v1/setup')).status).toBe(200);
  expect((await api.call(person, 'DELETE', `/api/v1/sign-in/setup-links/${it.id}`)).status).toBe(204);
  expect((await it.call('GET', '/api/v1/setup')).status).toBe(401);
  expect((await it.call('GET', '/api/v1/sign-in/domains')).status).toBe(401);
  const unused = await make();
  await api.call(person, 'DELETE', `/api/v1/sign-in/setup-links/${unused.id}`);
  expect((await open(unused.token)).status).toBe(403);

  const late = await opened();
  const lateUnused = await make();
  await owner.query(
    `UPDATE setup_links SET created_at = now() - interval '8 days', expires_at = now() - interval '1 day' WHERE id IN ($1, $2)`,
    [late.id, lateUnused.id],
  );
  expect((await late.call('GET', '/api/v1/setup')).status).toBe(401);
  expect((await open(lateUnused.token)).status).toBe(403);
});

it('is made by owners alone', async () => {
  for (const role of ['admin', 'billing', 'creator', 'viewer'] as const) {
    const { status } = await api.call(await api.aSession(tenantId, role), 'POST', '/api/v1/sign-in/setup-links', { name: 'x' });
    expect([role, status]).toEqual([role, 403]);
  }
});
