import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { MAX_TRIES_PER_EMAIL } from '#core/access/sign-in-limits';
import { csrfTokenOf } from '#features/sign-in/sessions.service';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';

const PASSWORD = 'correct horse battery staple';

let api: ApiUnderTest;
let tenantId: string;
let owner: HotPool;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 100_000_000n);
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
});
afterAll(async () => {
  await owner.close();
  await api.stop();
});

/** An owner with a password, signed out. */
async function anOwner(tenant: string): Promise<{ email: string; memberId: string }> {
  const owner = await api.aSession(tenant, 'owner');
  expect((await api.call(owner, 'PUT', '/api/v1/me/password', { password: PASSWORD })).status).toBe(204);
  expect((await api.call(owner, 'POST', '/api/v1/sign-out')).status).toBe(204);
  return owner;
}
const signIn = (email: string, password = PASSWORD, more: Record<string, string> = {}) =>
  api.call(null, 'POST', '/api/v1/sign-in', { email, password }, more);
const tokenIn = (cookie: string | undefined) => /^halogen_session=([\w-]{43});/.exec(cookie ?? '')?.[1] as string;

it('signs an owner in by password, and tells every owner', async () => {
  const { email, memberId } = await anOwner(tenantId);
  const { memberId: other } = await api.aSession(tenantId, 'owner');
  const answer = await signIn(email.toUpperCase());
  expect(answer.status).toBe(200);
  expect(answer.cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(answer.text).not.toContain(tokenIn(answer.cookie));
  expect(answer.body).toMatchObject({
    person: { email },
    isStaff: false,
    tenants: [{ id: tenantId, memberId, role: 'owner', signedInBy: 'password' }],
  });
  expect(answer.body.tenants[0].actions).toEqual(SCOPES_OF_ROLE.owner);
  const [audited] = await api.control.query(
    'SELECT actor_kind, actor_id FROM audit_log WHERE tenant_id = $1 AND action = $2 AND target_id = $3',
    [tenantId, 'sign_in.break_glass', memberId],
  );
  expect(audited).toEqual({ actor_kind: 'person', actor_id: memberId });
  const events = await api.control.query<{ data: { memberId: string; owners: string[] } }>(
    `SELECT data FROM events WHERE tenant_id = $1 AND type = 'sign_in.break_glass'`,
    [tenantId],
  );
  expect(events.at(-1)?.data.memberId).toBe(memberId);
  expect(events.at(-1)?.data.owners).toEqual(expect.arrayContaining([memberId, other]));
});

it('gives a new token at each sign-in and ends the old session; sign-out ends it for good', async () => {
  const { email } = await anOwner(tenantId);
  const first = tokenIn((await signIn(email)).cookie);
  const second = tokenIn((await signIn(email, PASSWORD, { cookie: `halogen_session=${first}` })).cookie);
  expect(second).not.toBe(first);
  const statusOf = async (token: string) => (await api.call({ token }, 'GET', '/api/v1/me')).status;
  expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
  const out = await api.call({ token: second }, 'POST', '/api/v1/sign-out');
  expect(out.cookie).toMatch(/^halogen_session=; Max-Age=0;/);
  expect(await statusOf(second)).toBe(401);
});

it('never takes a token that the server did not give', async () => {
  const planted = 'A'.repeat(43);
  const { email } = await anOwner(tenantId);
  expect(tokenIn((await signIn(email, PASSWORD, { cookie: `halogen_session=${planted}` })).cookie)).not.toBe(planted);
  expect((await api.call({ token: planted }, 'GET', '/api/v1/me')).status).toBe(401);
});

it('keeps only the hash of a token and the scrypt of a password', async () => {
  const { email } = await anOwner(tenantId);
  const token = tokenIn((await signIn(email)).cookie);
  const [row] = await owner.query<{ sessions: string; password: string }>(
    `SELECT (SELECT string_agg(s::text, '') FROM sessions s) AS sessions, (SELECT min(password) FROM member_passwords) AS password`,
  );
  expect(row?.sessions).not.toContain(token);
  expect(row?.sessions).not.toContain(Buffer.from(token).toString('hex'));
  expect(row?.password).toMatch(/^scrypt\$32768\$8\$1\$/);
});

it('says the same of an unknown address and of a wrong password', async () => {
  const { email } = await anOwner(tenantId);
  const wrong = await signIn(email, 'wrong');
  const unknown = await signIn('nobody@example.com', 'wrong');
  expect([wrong.status, wrong.text]).toEqual([401, unknown.text]);
});

it('stops guessing, also with the right password at the end', async () => {
  const { email } = await anOwner(tenantId);
  for (let tries = 0; tries < MAX_TRIES_PER_EMAIL; tries += 1) expect((await signIn(email, `guess ${tries}`)).status).toBe(401);
  expect((await signIn(email)).status).toBe(429);
});

it('lets only owners keep a password, and takes it with the role', async () => {
  const admin = await api.aSession(tenantId, 'admin');
  expect((await api.call(admin, 'PUT', '/api/v1/me/password', { password: PASSWORD })).status).toBe(403);
  const { email, memberId } = await anOwner(tenantId);
  await api.control.query(`UPDATE members SET role = 'viewer' WHERE id = $1`, [memberId]);
  expect((await signIn(email)).status).toBe(401);
});

it('refuses a write without the token of our pages, or from another site', async () => {
  const person = await api.aSession(tenantId, 'owner');
  const add = (headers: Record<string, string>) => api.call(null, 'POST', '/api/v1/projects', { name: `P${Math.random()}` }, headers);
  const cookie = `halogen_session=${person.token}`;
  const csrf = csrfTokenOf(person.token);
  const stranger = csrfTokenOf((await api.aSession(tenantId, 'owner')).token);
  expect((await add({ cookie })).status).toBe(403);
  expect((await add({ cookie, 'x-halogen-csrf': stranger })).status).toBe(403);
  expect((await add({ cookie, 'x-halogen-csrf': csrf, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await add({ cookie, 'x-halogen-csrf': csrf, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
  expect((await signIn('nobody@example.com', 'x', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

it('reads a role anew with each request, and knows who wrote', async () => {
  const person = await api.aSession(tenantId, 'admin');
  const add = (name: string) => api.call(person, 'POST', '/api/v1/projects', { name });
  const made = await add(`Of ${person.memberId}`);
  expect(made.status).toBe(201);
  const [audited] = await api.control.query('SELECT actor_kind, actor_id, actor_tenant_id FROM audit_log WHERE target_id = $1', [
    made.body.id,
  ]);
  expect(audited).toEqual({ actor_kind: 'person', actor_id: person.memberId, actor_tenant_id: tenantId });
  await api.control.query(`UPDATE members SET role = 'viewer' WHERE id = $1`, [person.memberId]);
  expect((await add('Too late')).status).toBe(403);
  await api.control.query('UPDATE members SET removed_at = now() WHERE id = $1', [person.memberId]);
  expect((await api.call(person, 'GET', '/api/v1/me')).status).toBe(401);
});

it('asks people for a fresh proof before they make a key, and for nothing else', async () => {
  const person = await api.aSession(tenantId, 'owner');
  const makeKey = () => api.call(person, 'POST', '/api/v1/keys', { name: 'A key', role: 'viewer' });
  expect((await makeKey()).status).toBe(201);
  await owner.query(`UPDATE session_tenants SET verified_at = now() - interval '61 minutes' WHERE member_id = '${person.memberId}'`);
  const stale = await makeKey();
  expect([stale.status, stale.body.type]).toEqual([403, 'urn:halogen:problem:step_up_needed']);
  expect((await api.call(person, 'GET', '/api/v1/keys')).status).toBe(200);
});

it('opens the tenants that were proven and no other', async () => {
  const { email } = await anOwner(tenantId);
  const other = await aTenant(api.control, 0n);
  await api.aSession(other, 'owner', email);
  const only: SignedIn = { token: tokenIn((await signIn(email)).cookie) };
  expect((await api.call(only, 'GET', '/api/v1/me')).body.tenants).toHaveLength(1);
  expect((await api.call({ ...only, tenant: other }, 'GET', '/api/v1/projects')).status).toBe(404);
  expect((await api.call({ ...only, tenant: tenantId }, 'GET', '/api/v1/projects')).status).toBe(200);
});

it('acts in one of several tenants at a time, and asks which one is meant', async () => {
  const { email } = await anOwner(tenantId);
  const other = await aTenant(api.control, 0n);
  const first = tokenIn((await signIn(email)).cookie);
  const there = await api.aSession(other, 'owner', email);
  expect((await api.call(there, 'PUT', '/api/v1/me/password', { password: `${PASSWORD} there` })).status).toBe(204);
  const second = await signIn(email, `${PASSWORD} there`, { cookie: `halogen_session=${first}` });
  expect(second.body.tenants.map(({ id }: { id: string }) => id).sort()).toEqual([tenantId, other].sort());
  const both: SignedIn = { token: tokenIn(second.cookie) };
  const unnamed = await api.call(both, 'GET', '/api/v1/projects');
  expect([unnamed.status, unnamed.body.type]).toEqual([400, 'urn:halogen:problem:tenant_needed']);
  expect((await api.call({ ...both, tenant: other }, 'GET', '/api/v1/projects')).body.projects).toEqual([]);
  expect((await api.call(both, 'GET', `/api/v1/projects?tenant=${other}`)).body.projects).toEqual([]);
});

it('lets an agency’s people act in its brands, by their role there where they have one', async () => {
  const agency = await api.aSession(tenantId, 'owner');
  const brand = (await api.call(agency, 'POST', '/api/v1/tenants', { name: 'A brand' })).body.id as string;
  const inBrand = { ...agency, tenant: brand };
  const made = await api.call(inBrand, 'POST', '/api/v1/projects', { name: 'Of the brand' });
  expect(made.status).toBe(201);
  const [audited] = await api.control.query('SELECT tenant_id, actor_tenant_id FROM audit_log WHERE target_id = $1', [made.body.id]);
  expect(audited).toEqual({ tenant_id: brand, actor_tenant_id: tenantId });
  expect((await api.call(agency, 'GET', '/api/v1/me')).body.tenants[0].brands).toContainEqual({ id: brand, name: 'A brand' });

  await api.control.query(`INSERT INTO members (tenant_id, email, name, role) VALUES ($1, $2, 'Looks on here', 'viewer')`, [
    brand,
    agency.email,
  ]);
  expect((await api.call(inBrand, 'POST', '/api/v1/projects', { name: 'No more' })).status).toBe(403);
  expect((await api.call({ ...agency, tenant: tenantId }, 'POST', '/api/v1/projects', { name: 'Still here' })).status).toBe(201);
});

it('ends by itself: idle, or at its end', async () => {
  const idle = await api.aSession(tenantId, 'viewer');
  await owner.query(
    `UPDATE sessions SET seen_at = now() - interval '13 hours' WHERE id = (SELECT session_id FROM session_tenants WHERE member_id = '${idle.memberId}')`,
  );
  expect((await api.call(idle, 'GET', '/api/v1/me')).status).toBe(401);
  const old = await api.aSession(tenantId, 'viewer');
  await owner.query(`UPDATE session_tenants SET expires_at = now() WHERE member_id = '${old.memberId}'`);
  expect((await api.call(old, 'GET', '/api/v1/me')).status).toBe(401);
  const operator = await api.aSession(await aTenant(api.control, 0n), 'operator');
  expect((await api.call(operator, 'GET', '/api/v1/me')).body.isStaff).toBe(true);
  await owner.query(
    `UPDATE sessions SET seen_at = now() - interval '61 minutes' WHERE id = (SELECT session_id FROM session_tenants WHERE member_id = '${operator.memberId}')`,
  );
  expect((await api.call(operator, 'GET', '/api/v1/me')).status).toBe(401);
});
