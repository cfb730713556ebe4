import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { OidcProviderUnderTest } from '#apps/api/testing/oidc-provider-under-test';
import { ScimProvider } from '#apps/api/testing/scim-provider';
import { turnOn } from '#apps/api/testing/turn-on';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let provider: OidcProviderUnderTest;
let owner: HotPool;
let ours: string;
let theirs: string;
/** Has a directory. */
let kept: string;
let ourCallback: string;
let theirCallback: string;
let keptCallback: string;

/** Proven domains: ours.example is ours, theirs.example is theirs. Both tenants use the provider, each by a connection of its own. */
beforeAll(async () => {
  api = await ApiUnderTest.start({ HALOGEN_OUTBOUND_ALLOW: '127.0.0.0/8' });
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  provider = await OidcProviderUnderTest.start();
  ours = await aTenant(api.control, 0n);
  theirs = await aTenant(api.control, 0n);
  ourCallback = await connect(ours, 'ours.example');
  theirCallback = await connect(theirs, 'theirs.example');
  kept = await aTenant(api.control, 0n);
  keptCallback = await connect(kept, 'kept.example');
  provider.serve([ourCallback, theirCallback, keptCallback]);
});
beforeEach(() => {
  provider.person = { sub: 'ann', email: 'Ann@ours.example', email_verified: true, name: 'Ann' };
});
afterAll(async () => {
  await provider.stop();
  await owner.close();
  await api.stop();
});

async function connect(tenantId: string, domain: string): Promise<string> {
  const { clientId, clientSecret } = OidcProviderUnderTest;
  const as = await api.aSession(tenantId, 'owner');
  const wanted = { provider: 'oidc', name: 'Our provider', defaultRole: 'creator' };
  const made = await api.call(as, 'POST', '/api/v1/sign-in/connections', wanted);
  expect(made.status).toBe(201);
  const { status, text } = await api.call(as, 'PUT', `/api/v1/sign-in/connections/${made.body.id}/provider`, {
    issuer: provider.issuer,
    clientId,
    clientSecret,
  });
  expect([status, text.includes(clientSecret)]).toEqual([200, false]);
  await turnOn(owner, made.body.id);
  await owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, $2, 'x', now())`, [
    tenantId,
    domain,
  ]);
  return made.body.callbackUrl;
}

/** What a browser holds after it was sent away: where to, and the cookie that binds it. */
async function begin(email: string, returnTo = '/work'): Promise<{ url: string; cookie: string }> {
  const query = new URLSearchParams({ email, returnTo });
  const { status, headers, cookie } = await api.call(null, 'GET', `/api/v1/sign-in/start?${query}`);
  expect(status).toBe(303);
  return { url: String(headers.location), cookie: cookieOf(cookie as string) };
}
const cookieOf = (header: string) => header.split(';')[0] as string;
const pathOf = (url: string) => url.slice(new URL(url).origin.length);
const finish = (url: string, cookie: string) => api.call(null, 'GET', pathOf(url), undefined, { cookie });
/** Where a browser is led to whose sign-in was refused. */
const REFUSED = '/sign-in?problem=sign_in_refused';
const ledTo = async (url: string, cookie: string) => (await finish(url, cookie)).headers.location;
const membersOf = (tenantId: string, email: string) =>
  api.control.query<{ role: string; name: string }>('SELECT role, name FROM members WHERE tenant_id = $1 AND email = $2', [
    tenantId,
    email,
  ]);

it('signs a person in by their e-mail domain, and makes them a member at the first time', async () => {
  for (let times = 0; times < 2; times += 1) {
    const { url, cookie } = await begin('ann@OURS.example');
    const asked = new URL(url).searchParams;
    expect([asked.get('code_challenge_method'), asked.get('response_type'), asked.get('redirect_uri')]).toEqual([
      'S256',
      'code',
      ourCallback,
    ]);
    const back = await provider.walk(url, ourCallback);
    const answer = await finish(back, cookie);
    expect([answer.status, answer.headers.location]).toEqual([303, '/work']);
    const [kept] = answer.headers['set-cookie'] as string[];
    const me = await api.call(null, 'GET', '/api/v1/me', undefined, { cookie: cookieOf(kept as string) });
    expect(me.body).toMatchObject({
      person: { email: 'ann@ours.example', name: 'Ann' },
      tenants: [{ id: ours, role: 'creator', signedInBy: 'oidc' }],
    });
  }
  expect(await membersOf(ours, 'ann@ours.example')).toEqual([{ role: 'creator', name: 'Ann' }]);
});

it('keeps the secret of a provider encrypted, for its own row alone', async () => {
  const kept = await owner.query<{ secret: string }>('SELECT secret FROM sign_in_connections');
  expect(kept.every(({ secret }) => /^encrypted\./.test(secret) && !secret.includes(OidcProviderUnderTest.clientSecret))).toBe(true);
  expect(new Set(kept.map(({ secret }) => secret)).size).toBe(kept.length);
});

it('takes an answer once, and only from the browser that asked', async () => {
  const one = await begin('ann@ours.example');
  const back = await provider.walk(one.url, ourCallback);
  const other = await begin('ann@ours.example');
  expect(await ledTo(back, other.cookie)).toBe(REFUSED);
  expect(await ledTo(back, one.cookie)).toBe(REFUSED); // the theft has used it up

  const two = await begin('ann@ours.example');
  const again = await provider.walk(two.url, ourCallback);
  expect((await finish(again, two.cookie)).status).toBe(303);
  expect(await ledTo(again, two.cookie)).toBe(REFUSED);
});

it('never lets a provider speak for a domain that its tenant has not proven', async () => {
  provider.person = { sub: 'mallory', email: 'ann@ours.example', email_verified: true };
  const { url, cookie } = await begin('mallory@theirs.example');
  expect(await ledTo(await provider.walk(url, theirCallback), cookie)).toBe(REFUSED);
  expect(await membersOf(theirs, 'ann@ours.example')).toEqual([]);
});

it('never takes another connection’s answer', async () => {
  const { url, cookie } = await begin('bob@theirs.example');
  provider.person = { sub: 'bob', email: 'bob@theirs.example', email_verified: true };
  const back = await provider.walk(url, theirCallback);
  expect(await ledTo(back.replace(theirCallback, ourCallback), cookie)).toBe(REFUSED);
});

it('refuses an address that the provider did not verify, and one it did not name', async () => {
  for (const person of [{ sub: 'x', email: 'x@ours.example', email_verified: false }, { sub: 'x' }]) {
    provider.person = person;
    const { url, cookie } = await begin('x@ours.example');
    expect(await ledTo(await provider.walk(url, ourCallback), cookie)).toBe(REFUSED);
  }
  expect(await membersOf(ours, 'x@ours.example')).toEqual([]);
});

it('refuses a forged state, a forged code, and an answer that came too late', async () => {
  const forge = async (change: (answer: URL) => void) => {
    const { url, cookie } = await begin('ann@ours.example');
    const back = new URL(await provider.walk(url, ourCallback));
    change(back);
    return ledTo(back.href, cookie);
  };
  expect(await forge(({ searchParams }) => searchParams.set('state', 'forged'))).toBe(REFUSED);
  expect(await forge(({ searchParams }) => searchParams.set('code', 'forged'))).toBe(REFUSED);
  expect(await forge(({ searchParams }) => searchParams.set('iss', 'http://127.0.0.1:1'))).toBe(REFUSED);
  const late = await begin('ann@ours.example');
  const back = await provider.walk(late.url, ourCallback);
  await owner.query('UPDATE pending_sign_ins SET expires_at = now()');
  expect(await ledTo(back, late.cookie)).toBe(REFUSED);
});

it('says what to do for a domain that nobody has proven, and leads back only to a path of ours', async () => {
  const { headers } = await api.call(null, 'GET', '/api/v1/sign-in/start?email=a@nobody.example');
  expect(headers.location).toBe('/sign-in?problem=not_found');
  for (const returnTo of ['//evil.example', '/\\evil.example', 'https://evil.example']) {
    const query = new URLSearchParams({ email: 'ann@ours.example', returnTo });
    expect((await api.call(null, 'GET', `/api/v1/sign-in/start?${query}`)).status).toBe(422);
  }
});

it('lets the directory decide who comes in, where there is one, and into which brands', async () => {
  const as = await api.aSession(kept, 'owner');
  const scim = await ScimProvider.of(api, as);
  const email = 'ida@kept.example';
  provider.person = { sub: 'ida', email, email_verified: true, name: 'Ida' };
  const comes = async () => {
    const { url, cookie } = await begin(email);
    const arrived = await finish(await provider.walk(url, keptCallback), cookie);
    const session = [arrived.headers['set-cookie']].flat().find((one) => String(one).startsWith('halogen_session='));
    const me = await api.call(null, 'GET', '/api/v1/me', undefined, { cookie: cookieOf(String(session ?? '')) });
    return { led: arrived.headers.location, tenants: me.body.tenants?.map(({ id }: { id: string }) => id) };
  };
  expect((await comes()).led).toBe(`${REFUSED}&rule=not_in_directory`);
  const id = await scim.user(email);
  expect((await comes()).tenants).toEqual([kept]);
  await scim.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
  expect((await comes()).led).toBe(`${REFUSED}&rule=directory_ended`);

  const brand = (await api.call(as, 'POST', '/api/v1/tenants', { name: 'A brand' })).body.id as string;
  await api.call(as, 'PATCH', '/api/v1/directory', { defaultRole: null });
  await scim.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
  expect((await comes()).led).toBe(`${REFUSED}&rule=no_role`);
  const group = await scim.group('Of the brand', id);
  await api.call(as, 'PUT', `/api/v1/directory/groups/${group}/roles`, { roles: [{ tenantId: brand, role: 'creator' }] });
  expect((await comes()).tenants).toEqual([brand]);
});

it('lets nobody in by a connection that was removed', async () => {
  const person = await api.aSession(ours, 'owner');
  const id = ourCallback.split('/').at(-2) as string;
  const { url, cookie } = await begin('ann@ours.example');
  const back = await provider.walk(url, ourCallback);
  expect((await api.call(person, 'DELETE', `/api/v1/sign-in/connections/${id}`)).status).toBe(204);
  expect(await ledTo(back, cookie)).toBe(REFUSED);
  const { headers } = await api.call(null, 'GET', '/api/v1/sign-in/start?email=ann@ours.example');
  expect(headers.location).toBe('/sign-in?problem=not_found');
});
