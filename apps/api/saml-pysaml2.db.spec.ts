import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { Pysaml2Provider } from '#apps/api/testing/pysaml2-provider';
import { turnOn } from '#apps/api/testing/turn-on';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { selfSigned } from '#testing/self-signed';

/** pip and the provider's first start on a busy machine. */
const TIMEOUT_MS = 240_000;

let api: ApiUnderTest;
let provider: Pysaml2Provider;
let tenantId: string;
let connection: { callbackUrl: string; entityId: string };
let entityMetadata: string;

/** The provider is entered by the metadata that it writes itself, and knows us by ours. */
beforeAll(async () => {
  api = await ApiUnderTest.start();
  provider = await Pysaml2Provider.start(selfSigned('pysaml2', new Date(Date.now() + 86_400_000)));
  tenantId = await aTenant(api.control, 0n);
  const as = await api.aSession(tenantId, 'owner');
  const wanted = { provider: 'saml', name: 'pysaml2', allowsIdpInitiated: true };
  const made = await api.call(as, 'POST', '/api/v1/sign-in/connections', wanted);
  const path = `/api/v1/sign-in/connections/${made.body.id}/provider`;
  const set = await api.call(as, 'PUT', path, { metadataXml: await provider.metadata() });
  expect(set.body).toMatchObject({ edited: { issuer: Pysaml2Provider.issuer, certificates: [{}] } });
  connection = set.body;
  entityMetadata = (await api.call(null, 'GET', new URL(connection.entityId).pathname)).text;
  const owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  await turnOn(owner, made.body.id);
  await owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, 'acme.example', 'x', now())`, [
    tenantId,
  ]);
  await owner.close();
}, TIMEOUT_MS);
afterAll(async () => {
  await provider.stop();
  await api.stop();
});

/** Carries the provider's answer back. @returns who is signed in then, and where they were led */
async function through(xml: string, relayState: string, cookie: string) {
  const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState });
  const answered = await api.form(new URL(connection.callbackUrl).pathname, form);
  const led = new URL(String(answered.headers.location), 'http://127.0.0.1');
  const arrived = await api.call(null, 'GET', led.pathname + led.search, undefined, { cookie });
  const kept = [arrived.headers['set-cookie']].flat()[0] as string | undefined;
  const me = await api.call(null, 'GET', '/api/v1/me', undefined, { cookie: kept?.split(';')[0] ?? '' });
  return { ruled: led.search, email: me.body?.person?.email, name: me.body?.person?.name, led: arrived.headers.location };
}

it.each([false, true])(
  'takes what pysaml2 answers to our request, the response signed as well: %s',
  async (signResponse) => {
    const email = `ann-${signResponse}@acme.example`;
    const begun = await api.call(null, 'GET', `/api/v1/sign-in/start?email=${email}&returnTo=/work`);
    const asked = new URL(String(begun.headers.location)).searchParams;
    const request = asked.get('SAMLRequest') as string;
    const xml = await provider.answer({ entityMetadata, email, name: 'Ann', signResponse, request });
    const cookie = (begun.cookie as string).split(';')[0] as string;
    expect(await through(xml, asked.get('RelayState') as string, cookie)).toMatchObject({ email, name: 'Ann', led: '/work' });
  },
  TIMEOUT_MS,
);

it(
  'takes what pysaml2 says first, where the connection allows it',
  async () => {
    const { callbackUrl: assertionUrl, entityId } = connection;
    const order = { entityMetadata, email: 'bob@acme.example', name: 'Bob', signResponse: true, assertionUrl, entityId };
    expect(await through(await provider.answer(order), '', '')).toMatchObject({ email: 'bob@acme.example', led: '/' });
  },
  TIMEOUT_MS,
);
