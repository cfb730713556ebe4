import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { OidcProviderUnderTest } from '#apps/api/testing/oidc-provider-under-test';
import { type Departure, requestIn, type SamlRequest, samlAnswer } from '#apps/api/testing/saml-answers';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type SelfSigned, selfSigned } from '#testing/self-signed';

const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000);
const ISSUER = 'https://idp.acme.example/saml';
const oldKey = selfSigned('old', IN_A_YEAR);
const newKey = selfSigned('new', IN_A_YEAR);
const PAGE = '/setup?step=test';

let api: ApiUnderTest;
let owner: HotPool;
let provider: OidcProviderUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start({ HALOGEN_OUTBOUND_ALLOW: '127.0.0.0/8' });
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  provider = await OidcProviderUnderTest.start();
});
afterAll(async () => {
  await provider.stop();
  await owner.close();
  await api.stop();
});

/** A tenant with an owner, boss@<domain>, and the proven domain. */
async function aCustomer(domain: string) {
  const tenantId = await aTenant(api.control, 0n);
  const boss = await api.aSession(tenantId, 'owner', `boss@${domain}`);
  await owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, $2, 'x', now())`, [
    tenantId,
    domain,
  ]);
  return { tenantId, boss, domain };
}

interface Connection {
  id: string;
  callbackUrl: string;
}
async function connect(as: SignedIn, kind: 'saml' | 'oidc', given: object): Promise<Connection> {
  const made = await api.call(as, 'POST', '/api/v1/sign-in/connections', { provider: kind, name: kind, defaultRole: 'creator' });
  await enter(as, made.body.id, given);
  return made.body;
}
async function enter(as: SignedIn, id: string, given: object) {
  expect((await api.call(as, 'PUT', `/api/v1/sign-in/connections/${id}/provider`, given)).status).toBe(200);
}
const bySaml = (...signers: SelfSigned[]) => ({
  issuer: ISSUER,
  ssoUrl: 'https://idp.acme.example/sso',
  certificates: signers.map(({ certificatePem }) => certificatePem),
});
const byOidc = () => ({
  issuer: provider.issuer,
  clientId: OidcProviderUnderTest.clientId,
  clientSecret: OidcProviderUnderTest.clientSecret,
});

const cookieOf = (header: string | undefined) => header?.split(';')[0] ?? '';
const inPath = (url: string) => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
async function startTest(as: SignedIn, id: string): Promise<{ url: string; cookie: string }> {
  const { status, body, cookie } = await api.call(as, 'POST', `/api/v1/sign-in/connections/${id}/test`, { returnTo: PAGE });
  expect(status).toBe(200);
  return { url: body.url, cookie: cookieOf(cookie) };
}
const lastTest = async (as: SignedIn, id: string) => (await api.call(as, 'GET', `/api/v1/sign-in/connections/${id}/test`)).body.test;
const change = (as: SignedIn, id: string, wanted: object) => api.call(as, 'PATCH', `/api/v1/sign-in/connections/${id}`, wanted);

/** Carries a SAML answer to a request back, and the browser after it. @returns where it is led last, and what it keeps */
async function carry(request: SamlRequest, cookie: string, departure: Departure & { email: string }, signer = oldKey) {
  const xml = samlAnswer(ISSUER, signer, request, departure);
  const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: request.relayState });
  const { headers } = await api.form(new URL(request.assertionUrl).pathname, form);
  const led = String(headers.location);
  if (!led.includes('/arrival?')) return { led, kept: '' };
  const arrived = await api.call(null, 'GET', inPath(led), undefined, { cookie });
  return { led: String(arrived.headers.location), kept: [arrived.headers['set-cookie']].flat().join() };
}
async function testSaml(as: SignedIn, id: string, departure: Departure & { email: string }, signer = oldKey) {
  const { url, cookie } = await startTest(as, id);
  expect(await carry(requestIn(url), cookie, departure, signer)).toEqual({
    led: PAGE,
    kept: expect.not.stringContaining('halogen_session'),
  });
  return (await lastTest(as, id)).outcome;
}
/** A person's sign-in by their domain's connection. @returns where it leads */
async function signIn(email: string, signer = oldKey): Promise<string> {
  const begun = await api.call(null, 'GET', `/api/v1/sign-in/start?${new URLSearchParams({ email, returnTo: '/work' })}`);
  const url = String(begun.headers.location);
  if (url.startsWith('/sign-in')) return url;
  return (await carry(requestIn(url), cookieOf(begun.cookie), { email }, signer)).led;
}

describe('a test by OpenID Connect', () => {
  it('shows the claims and what stands in the way, and lets nobody in', async () => {
    const { boss, tenantId } = await aCustomer('claims.example');
    const connection = await connect(boss, 'oidc', byOidc());
    provider.serve([connection.callbackUrl]);
    provider.person = { sub: 'eve', email: 'eve@elsewhere.example', email_verified: true };
    const { url, cookie } = await startTest(boss, connection.id);
    const answer = await api.call(null, 'GET', inPath(await provider.walk(url, connection.callbackUrl)), undefined, { cookie });
    expect(answer.headers.location).toBe(PAGE);
    expect(String(answer.headers['set-cookie'])).not.toContain('halogen_session');
    expect(await lastTest(boss, connection.id)).toMatchObject({
      isOfNewest: true,
      outcome: {
        passed: false,
        tookEffect: false,
        findings: ['no_name', 'domain_not_proven'],
        email: 'eve@elsewhere.example',
        emailClaim: 'email',
        claims: { sub: ['eve'], email: ['eve@elsewhere.example'], email_verified: ['true'] },
      },
    });
    expect((await change(boss, connection.id, { state: 'optional' })).body).toMatchObject({ status: 409, why: 'not_tested' });
    const members = await api.control.query('SELECT 1 FROM members WHERE tenant_id = $1 AND email LIKE $2', [tenantId, 'eve@%']);
    expect(members).toEqual([]);
    const [audited] = await api.control.query<{ data: object }>(
      `SELECT data FROM audit_log WHERE tenant_id = $1 AND action = 'sign_in.tested'`,
      [tenantId],
    );
    expect(audited?.data).toMatchObject({ passed: false, findings: ['no_name', 'domain_not_proven'] });
  });

  it('says why a provider cannot be asked', async () => {
    const { boss } = await aCustomer('away.example');
    const connection = await connect(boss, 'oidc', { ...byOidc(), issuer: 'http://127.0.0.1:1' });
    const { status, body } = await api.call(boss, 'POST', `/api/v1/sign-in/connections/${connection.id}/test`, { returnTo: PAGE });
    expect([status, body.detail]).toEqual([409, expect.stringContaining('provider_away')]);
  });
});

describe('a test by SAML', () => {
  it('names the rule that was broken, with the claims that were signed', async () => {
    const { boss, domain } = await aCustomer('rules.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    const email = `boss@${domain}`;
    expect(await testSaml(boss, id, { email }, newKey)).toMatchObject({ passed: false, rule: 'bad_signature', claims: {} });
    const wrongAudience = (xml: string) => xml.replace(/<saml:Audience>[^<]+/, '<saml:Audience>https://elsewhere.example');
    expect(await testSaml(boss, id, { email, says: wrongAudience })).toMatchObject({
      passed: false,
      rule: 'wrong_audience',
      claims: { email: [email], displayName: ['Ann'] },
    });
    expect(await testSaml(boss, id, { email })).toMatchObject({
      passed: true,
      isByOwner: true,
      emailClaim: 'email',
      nameClaim: 'displayName',
    });
  });

  it('is concluded by the browser that began it alone, and by the last one begun', async () => {
    const { boss, domain } = await aCustomer('bound.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    const first = await startTest(boss, id);
    expect((await carry(requestIn(first.url), 'halogen_sign_in=another', { email: `boss@${domain}` })).led).toContain('sign_in_refused');
    expect((await lastTest(boss, id)).outcome).toBeNull();
    const second = await startTest(boss, id);
    await startTest(boss, id);
    expect((await carry(requestIn(second.url), second.cookie, { email: `boss@${domain}` })).led).toContain('sign_in_refused');
  });

  it('counts only for the settings that it began with', async () => {
    const { boss, domain } = await aCustomer('meanwhile.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    const { url, cookie } = await startTest(boss, id);
    await enter(boss, id, bySaml(oldKey, newKey));
    await carry(requestIn(url), cookie, { email: `boss@${domain}` });
    expect(await lastTest(boss, id)).toMatchObject({ isOfNewest: false, outcome: { passed: false, rule: 'edited_meanwhile' } });
    expect((await change(boss, id, { state: 'optional' })).status).toBe(409);
  });
});

describe('a connection', () => {
  it('signs nobody in as a draft, then whoever wants to, and is turned off again', async () => {
    const { boss, domain } = await aCustomer('states.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    expect(await signIn(`ann@${domain}`)).toBe('/sign-in?problem=not_found');
    await testSaml(boss, id, { email: `ann@${domain}` });
    expect(await signIn(`ann@${domain}`)).toBe('/sign-in?problem=not_found');
    expect((await change(boss, id, { state: 'optional' })).body).toMatchObject({ state: 'optional', isOwnerTested: false });
    expect(await signIn(`ann@${domain}`)).toBe('/work');
    await change(boss, id, { state: 'draft' });
    expect(await signIn(`ann@${domain}`)).toBe('/sign-in?problem=not_found');
  });

  it('goes over from one certificate to the next without anybody being refused, also while it is enforced', async () => {
    const { boss, domain } = await aCustomer('rotation.example');
    const [email, bossEmail] = [`ann@${domain}`, `boss@${domain}`];
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    await enforce(boss, id, bossEmail);
    const signInByBoth = async () => [await signIn(email, oldKey), await signIn(email, newKey)].map((led) => led === '/work');
    expect(await signInByBoth()).toEqual([true, false]);
    await enter(boss, id, bySaml(oldKey, newKey));
    expect(await signInByBoth()).toEqual([true, false]); // what is entered waits, what was there goes on
    expect(await testSaml(boss, id, { email })).toMatchObject({ passed: true, isByOwner: false, tookEffect: false });
    expect(await signInByBoth()).toEqual([true, false]); // what is enforced changes by an owner's test alone
    expect(await testSaml(boss, id, { email: bossEmail })).toMatchObject({ passed: true, tookEffect: true });
    expect(await signInByBoth()).toEqual([true, true]);
    await enter(boss, id, bySaml(newKey));
    expect(await signInByBoth()).toEqual([true, true]);
    await testSaml(boss, id, { email: bossEmail }, newKey);
    expect(await signInByBoth()).toEqual([false, true]);
  });

  it('is changed by people only with a proof of the last hour', async () => {
    const { boss, tenantId } = await aCustomer('stale.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    await owner.query(`UPDATE session_tenants SET verified_at = now() - interval '61 minutes' WHERE tenant_id = $1`, [tenantId]);
    const answers = [
      await api.call(boss, 'PUT', `/api/v1/sign-in/connections/${id}/provider`, bySaml(newKey)),
      await change(boss, id, { state: 'draft' }),
      await api.call(boss, 'POST', '/api/v1/sign-in/setup-links', { name: 'Our IT' }),
    ];
    expect(answers.map(({ status, body }) => [status, body.type])).toEqual(answers.map(() => [403, 'urn:halogen:problem:step_up_needed']));
  });

  it('is enforced only after an owner’s test of these settings, with a proven domain and a way in past the provider', async () => {
    const { boss, domain, tenantId } = await aCustomer('enforced.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    const why = async () => (await change(boss, id, { state: 'enforced' })).body.why ?? 'enforced';
    expect(await why()).toBe('not_tested');
    await testSaml(boss, id, { email: `ann@${domain}` });
    expect(await why()).toBe('not_tested_by_owner');
    await testSaml(boss, id, { email: `boss@${domain}` });
    expect(await why()).toBe('no_break_glass');
    await setPassword(boss);
    await owner.query('UPDATE sign_in_domains SET verified_at = NULL WHERE tenant_id = $1', [tenantId]);
    expect(await why()).toBe('no_proven_domain');
    await owner.query('UPDATE sign_in_domains SET verified_at = now() WHERE tenant_id = $1', [tenantId]);
    expect(await why()).toBe('enforced');
    expect(await signIn(`ann@${domain}`)).toBe('/work');
    const [event] = await api.control.query<{ data: object }>(
      `SELECT data FROM events WHERE tenant_id = $1 AND type = 'sign_in.connection_changed'`,
      [tenantId],
    );
    expect(event?.data).toEqual({ connectionId: id, state: 'enforced', what: 'state' });
  });

  it('keeps people of its domains from any other way in, but for owners who break the glass', async () => {
    const { boss, domain, tenantId } = await aCustomer('only.example');
    const other = await connect(boss, 'saml', bySaml(newKey));
    await change(boss, other.id, { allowsIdpInitiated: true });
    await testSaml(boss, other.id, { email: `ann@${domain}` }, newKey);
    await change(boss, other.id, { state: 'optional' });
    const entityId = other.callbackUrl.replace(/saml$/, 'metadata');
    const unasked = { id: '', assertionUrl: other.callbackUrl, entityId, relayState: '' };
    const byOther = async () => (await carry(unasked, '', { email: `ann@${domain}` }, newKey)).led;
    expect(await byOther()).toBe('/');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    await enforce(boss, id, `boss@${domain}`);
    expect(await byOther()).toBe('/sign-in?problem=sign_in_refused&rule=enforced_elsewhere');
    expect(await signIn(`ann@${domain}`)).toBe('/work');
    const given = { email: `boss@${domain}`, password: PASSWORD };
    expect((await api.call(null, 'POST', '/api/v1/sign-in', given)).status).toBe(200);
    const told = await api.control.query(`SELECT 1 FROM events WHERE tenant_id = $1 AND type = 'sign_in.break_glass'`, [tenantId]);
    expect(told).toHaveLength(1);
  });

  it('ends what people of its domains had open by another way, but for an owner’s password', async () => {
    const { boss, domain, tenantId } = await aCustomer('ending.example');
    const { id } = await connect(boss, 'saml', bySaml(oldKey));
    await testSaml(boss, id, { email: `ann@${domain}` });
    await change(boss, id, { state: 'optional' });
    expect(await signIn(`ann@${domain}`)).toBe('/work');
    const ben = await api.aSession(tenantId, 'creator', `ben@${domain}`);
    const guest = await api.aSession(tenantId, 'creator', 'guest@elsewhere.example');
    await enforce(boss, id, `boss@${domain}`);
    const status = async (as: SignedIn) => (await api.call(as, 'GET', '/api/v1/projects')).status;
    expect([await status(ben), await status(guest), await status(boss)]).toEqual([401, 200, 200]);
    const living = await owner.query(
      `SELECT 1 FROM session_tenants a JOIN members m ON m.tenant_id = a.tenant_id AND m.id = a.member_id
        WHERE m.email = $1 AND a.connection_id = $2 AND a.expires_at > now()`,
      [`ann@${domain}`, id],
    );
    expect(living).toHaveLength(1);
    const { entries } = (await api.call(boss, 'GET', '/api/v1/audit?action=sign_in.connection_changed&order=newest')).body;
    expect(entries[0].data).toMatchObject({ state: 'enforced', previousState: 'optional', endedSignIns: 1 });
  });

  it('is the one that its domain names, where there are several', async () => {
    const { boss, domain, tenantId } = await aCustomer('first.example');
    await owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, 'second.example', 'x', now())`, [
      tenantId,
    ]);
    const first = await connect(boss, 'saml', bySaml(oldKey));
    const second = await connect(boss, 'saml', bySaml(newKey));
    for (const [{ id }, signer] of [
      [first, oldKey],
      [second, newKey],
    ] as const) {
      await testSaml(boss, id, { email: `ann@${domain}` }, signer);
      await change(boss, id, { state: 'optional' });
    }
    const named = await api.call(boss, 'PATCH', '/api/v1/sign-in/domains/second.example', { connectionId: second.id });
    expect(named.body).toMatchObject({ domain: 'second.example', connectionId: second.id });
    expect(await signIn(`ann@${domain}`, oldKey)).toBe('/work');
    expect(await signIn('ann@second.example', newKey)).toBe('/work');
    expect((await api.call(boss, 'DELETE', `/api/v1/sign-in/connections/${second.id}`)).status).toBe(204);
    expect(await signIn('ann@second.example', oldKey)).toBe('/work');
  });
});

const PASSWORD = 'a long password of the owner';
async function setPassword(as: SignedIn) {
  expect((await api.call(as, 'PUT', '/api/v1/me/password', { password: PASSWORD })).status).toBe(204);
}

/** By an owner's test, as it has to be. */
async function enforce(boss: SignedIn, id: string, bossEmail: string) {
  await setPassword(boss);
  expect(await testSaml(boss, id, { email: bossEmail })).toMatchObject({ passed: true, isByOwner: true });
  expect((await change(boss, id, { state: 'enforced' })).body).toMatchObject({ state: 'enforced', isOwnerTested: true });
}
