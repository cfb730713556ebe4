import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SamlRequest, samlAnswer } from '#apps/api/testing/saml-answers';
import {
  type Connection,
  IN_A_YEAR,
  OUR_ISSUER,
  OUR_KEY,
  ruleIn,
  SamlTenants,
  THEIR_ISSUER,
  THEIR_KEY,
} from '#apps/api/testing/saml-tenants';
import { turnOn } from '#apps/api/testing/turn-on';
import { selfSigned } from '#testing/self-signed';

const OUR_NEXT_KEY = selfSigned('ours, next', IN_A_YEAR);

let saml: SamlTenants;

beforeAll(async () => {
  saml = await SamlTenants.start();
});
afterAll(() => saml.stop());

describe('a good answer', () => {
  it.each(['assertion', 'response', 'both'] as const)('signs a person in, signed as %s, and makes them a member once', async (signs) => {
    const request = await saml.begin();
    const led = await saml.post(request.assertionUrl, samlAnswer(OUR_ISSUER, OUR_KEY, request, { signs }), request.relayState);
    const answer = await saml.arrive(led, request.cookie);
    expect([answer.status, answer.headers.location]).toEqual([303, '/work']);
    const [kept] = answer.headers['set-cookie'] as string[];
    const me = await saml.api.call(null, 'GET', '/api/v1/me', undefined, { cookie: kept?.split(';')[0] as string });
    expect(me.body).toMatchObject({
      person: { email: 'ann@ours.example', name: 'Ann' },
      tenants: [{ id: saml.ours.tenantId, role: 'creator', signedInBy: 'saml' }],
    });
    expect(await saml.membersOf(saml.ours, 'ann@ours.example')).toEqual([{ role: 'creator', name: 'Ann' }]);
  });

  it('gives the session once, and only to the browser that asked', async () => {
    const one = await saml.begin();
    const led = await saml.post(one.assertionUrl, samlAnswer(OUR_ISSUER, OUR_KEY, one), one.relayState);
    const other = await saml.begin();
    expect((await saml.arrive(led, other.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect((await saml.arrive(led, one.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused'); // the theft has used it up
  });

  it('is asked for with an opaque RelayState, at URLs that no other connection has', async () => {
    const request = await saml.begin();
    expect(request).toMatchObject({ assertionUrl: saml.ours.connection.callbackUrl, entityId: saml.ours.connection.entityId });
    expect(request.relayState).toMatch(/^[\w-]{43}$/);
    expect(saml.ours.connection.callbackUrl).not.toBe(saml.theirs.connection.callbackUrl);
    const { pathname } = new URL(saml.ours.connection.entityId);
    const metadata = await saml.api.call(null, 'GET', pathname);
    expect(metadata.headers['content-type']).toContain('application/samlmetadata+xml');
    expect(metadata.text).toContain(`Location="${saml.ours.connection.callbackUrl}"`);
  });
});

describe('another tenant’s identity provider', () => {
  it('never signs anyone in to us: with its own key and name, or with ours', async () => {
    for (const issuer of [THEIR_ISSUER, OUR_ISSUER]) {
      const request = await saml.begin();
      const led = await saml.post(request.assertionUrl, samlAnswer(issuer, THEIR_KEY, request), request.relayState);
      expect(['wrong_issuer', 'bad_signature']).toContain(ruleIn(led));
    }
  });

  it('never signs our people in at its own connection', async () => {
    const request = await saml.begin('bob@theirs.example');
    const xml = samlAnswer(THEIR_ISSUER, THEIR_KEY, request, { email: 'ann@ours.example' });
    const led = await saml.post(request.assertionUrl, xml, request.relayState);
    expect((await saml.arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await saml.membersOf(saml.theirs, 'ann@ours.example')).toEqual([]);
  });

  it('never has its answers taken at our connection, even where both use one provider', async () => {
    await saml.join('shared.example', { issuer: OUR_ISSUER, certificates: [OUR_KEY.certificatePem] });
    const request = await saml.begin('cy@shared.example');
    const xml = samlAnswer(OUR_ISSUER, OUR_KEY, request, { email: 'ann@ours.example' });
    expect(ruleIn(await saml.post(saml.ours.connection.callbackUrl, xml, request.relayState))).toBe('wrong_request');
    const atOurs = await saml.begin();
    const crossed = { ...request, id: atOurs.id };
    expect(ruleIn(await saml.post(saml.ours.connection.callbackUrl, samlAnswer(OUR_ISSUER, OUR_KEY, crossed), atOurs.relayState))).toBe(
      'wrong_destination',
    );
  });
});

describe('a provider that begins', () => {
  const unasked = ({ callbackUrl, entityId }: Connection): SamlRequest => ({
    id: '',
    assertionUrl: callbackUrl,
    entityId,
    relayState: 'https://evil.example/',
  });

  it('is refused where the connection does not allow it', async () => {
    const request = unasked(saml.ours.connection);
    expect(ruleIn(await saml.post(request.assertionUrl, samlAnswer(OUR_ISSUER, OUR_KEY, request), ''))).toBe('wrong_request');
  });

  it('signs people in where it is allowed, once for each assertion, and leads to no URL of its own', async () => {
    const provider = { issuer: OUR_ISSUER, certificates: [OUR_KEY.certificatePem] };
    const portal = await saml.join('portal.example', provider, { allowsIdpInitiated: true });
    const request = unasked(portal.connection);
    const xml = samlAnswer(OUR_ISSUER, OUR_KEY, request, { email: 'dee@portal.example' });
    const led = await saml.post(request.assertionUrl, xml, request.relayState);
    const answer = await saml.arrive(led, '');
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    expect(await saml.membersOf(portal, 'dee@portal.example')).toHaveLength(1);
    expect(ruleIn(await saml.post(request.assertionUrl, xml, request.relayState))).toBe('used_already');
    const asked = samlAnswer(OUR_ISSUER, OUR_KEY, { ...request, id: '_someone-else-s' }, { email: 'dee@portal.example' });
    expect(ruleIn(await saml.post(request.assertionUrl, asked, ''))).toBe('wrong_request');
  });
});

describe('the provider of a connection', () => {
  it('may sign by either of two certificates, until one is taken away', async () => {
    const certificates = [OUR_KEY.certificatePem, OUR_NEXT_KEY.certificatePem];
    const { tenantId, connection } = await saml.join('rolling.example', { issuer: OUR_ISSUER, certificates });
    const leads = async (signer: typeof OUR_KEY) => {
      const request = await saml.begin('eve@rolling.example');
      return ruleIn(
        await saml.post(
          request.assertionUrl,
          samlAnswer(OUR_ISSUER, signer, request, { email: 'eve@rolling.example' }),
          request.relayState,
        ),
      );
    };
    expect(await leads(OUR_KEY)).toContain('/arrival?code=');
    expect(await leads(OUR_NEXT_KEY)).toContain('/arrival?code=');
    const as = await saml.api.aSession(tenantId, 'owner');
    const provider = { issuer: OUR_ISSUER, ssoUrl: 'https://idp.example/sso', certificates: [OUR_NEXT_KEY.certificatePem] };
    expect((await saml.api.call(as, 'PUT', `/api/v1/sign-in/connections/${connection.id}/provider`, provider)).status).toBe(200);
    expect(await leads(OUR_KEY)).toContain('/arrival?code='); // what is entered waits for its test
    await turnOn(saml.owner, connection.id);
    expect(await leads(OUR_KEY)).toBe('bad_signature');
  });

  it.each([
    ['no certificate', { issuer: 'x', ssoUrl: 'https://x.example', certificates: ['nonsense'] }, 'cannot be read'],
    [
      'a short key',
      { issuer: 'x', ssoUrl: 'https://x.example', certificates: [selfSigned('short', IN_A_YEAR, 1_024).certificatePem] },
      '2048 bits',
    ],
    ['no https', { issuer: 'x', ssoUrl: 'http://x.example', certificates: [OUR_KEY.certificatePem] }, 'https URL'],
    ['a document type', { metadataXml: '<!DOCTYPE x><x/>' }, 'document type'],
    ['no provider', { metadataXml: '<x/>' }, 'exactly one'],
    ['a URL inside our network', { metadataUrl: 'http://127.0.0.1/metadata' }, 'could not be fetched'],
  ])('is refused with %s', async (_name, provider, words) => {
    const as = await saml.api.aSession(saml.ours.tenantId, 'owner');
    const { status, body } = await saml.api.call(as, 'PUT', `/api/v1/sign-in/connections/${saml.ours.connection.id}/provider`, provider);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(words)]);
  });
});
