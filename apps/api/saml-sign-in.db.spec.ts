import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { type Departure, requestIn, type SamlRequest, samlAnswer } from '#apps/api/testing/saml-answers';
import { turnOn } from '#apps/api/testing/turn-on';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { selfSigned } from '#testing/self-signed';

const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000);
const OUR_ISSUER = 'https://idp.ours.example/saml';
const THEIR_ISSUER = 'https://idp.theirs.example/saml';
const ourKey = selfSigned('ours', IN_A_YEAR);
const ourNextKey = selfSigned('ours, next', IN_A_YEAR);
const theirKey = selfSigned('theirs', IN_A_YEAR);

let api: ApiUnderTest;
let owner: HotPool;
let ours: string;
let theirs: string;
let ourConnection: Connection;
let theirConnection: Connection;

interface Connection {
  id: string;
  callbackUrl: string;
  entityId: string;
}

/** Proven domains: ours.example is ours, theirs.example is theirs. Each tenant has its own identity provider. */
beforeAll(async () => {
  api = await ApiUnderTest.start();
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  ours = await aTenant(api.control, 0n);
  theirs = await aTenant(api.control, 0n);
  ourConnection = await connect(ours, 'ours.example', { issuer: OUR_ISSUER, certificates: [ourKey.certificatePem] });
  theirConnection = await connect(theirs, 'theirs.example', { issuer: THEIR_ISSUER, certificates: [theirKey.certificatePem] });
});
afterAll(async () => {
  await owner.close();
  await api.stop();
});

async function connect(
  tenantId: string,
  domain: string,
  provider: { issuer: string; certificates: string[] },
  more: Record<string, unknown> = {},
): Promise<Connection> {
  const as = await api.aSession(tenantId, 'owner');
  const made = await api.call(as, 'POST', '/api/v1/sign-in/connections', {
    provider: 'saml',
    name: 'Our provider',
    defaultRole: 'creator',
    ...more,
  });
  expect(made.status).toBe(201);
  const path = `/api/v1/sign-in/connections/${made.body.id}/provider`;
  const set = await api.call(as, 'PUT', path, { ...provider, ssoUrl: 'https://idp.example/sso' });
  expect([set.status, set.body.edited.certificates.length]).toEqual([200, provider.certificates.length]);
  await turnOn(owner, made.body.id);
  await owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, $2, 'x', now())`, [
    tenantId,
    domain,
  ]);
  return set.body;
}

/** What a browser holds after it was sent away. */
async function begin(email = 'ann@ours.example'): Promise<SamlRequest & { cookie: string }> {
  const query = new URLSearchParams({ email, returnTo: '/work' });
  const { status, headers, cookie } = await api.call(null, 'GET', `/api/v1/sign-in/start?${query}`);
  expect(status).toBe(303);
  return { ...requestIn(String(headers.location)), cookie: (cookie as string).split(';')[0] as string };
}

/** Posts an answer as the provider's page does: from another site, so without our cookies. @returns where it leads */
async function post(url: string, xml: string, relayState: string): Promise<string> {
  const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState });
  const answer = await api.form(new URL(url).pathname, form);
  expect(answer.status).toBe(303);
  expect(answer.headers['set-cookie']).toBeUndefined();
  return String(answer.headers.location);
}

const arrive = (url: string, cookie: string) => {
  const { pathname, search } = new URL(url);
  return api.call(null, 'GET', pathname + search, undefined, { cookie });
};

/** @returns the rule that refused an answer which departs so, or where it led */
async function ruleFor(departure: Departure): Promise<string> {
  const request = await begin();
  const led = await post(request.assertionUrl, samlAnswer(OUR_ISSUER, ourKey, request, departure), request.relayState);
  return ruleIn(led);
}
const ruleIn = (led: string) => new URLSearchParams(led.split('?')[1]).get('rule') ?? led;
const membersOf = (tenantId: string, email: string) =>
  api.control.query<{ role: string; name: string }>('SELECT role, name FROM members WHERE tenant_id = $1 AND email = $2', [
    tenantId,
    email,
  ]);
const replacing = (from: string | RegExp, to: string) => (xml: string) => xml.replace(from, to);

describe('a good answer', () => {
  it.each(['assertion', 'response', 'both'] as const)('signs a person in, signed as %s, and makes them a member once', async (signs) => {
    const request = await begin();
    const led = await post(request.assertionUrl, samlAnswer(OUR_ISSUER, ourKey, request, { signs }), request.relayState);
    const answer = await arrive(led, request.cookie);
    expect([answer.status, answer.headers.location]).toEqual([303, '/work']);
    const [kept] = answer.headers['set-cookie'] as string[];
    const me = await api.call(null, 'GET', '/api/v1/me', undefined, { cookie: kept?.split(';')[0] as string });
    expect(me.body).toMatchObject({
      person: { email: 'ann@ours.example', name: 'Ann' },
      tenants: [{ id: ours, role: 'creator', signedInBy: 'saml' }],
    });
    expect(await membersOf(ours, 'ann@ours.example')).toEqual([{ role: 'creator', name: 'Ann' }]);
  });

  it('gives the session once, and only to the browser that asked', async () => {
    const one = await begin();
    const led = await post(one.assertionUrl, samlAnswer(OUR_ISSUER, ourKey, one), one.relayState);
    const other = await begin();
    expect((await arrive(led, other.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect((await arrive(led, one.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused'); // the theft has used it up
  });

  it('is asked for with an opaque RelayState, at URLs that no other connection has', async () => {
    const request = await begin();
    expect(request).toMatchObject({ assertionUrl: ourConnection.callbackUrl, entityId: ourConnection.entityId });
    expect(request.relayState).toMatch(/^[\w-]{43}$/);
    expect(ourConnection.callbackUrl).not.toBe(theirConnection.callbackUrl);
    const { pathname } = new URL(ourConnection.entityId);
    const metadata = await api.call(null, 'GET', pathname);
    expect(metadata.headers['content-type']).toContain('application/samlmetadata+xml');
    expect(metadata.text).toContain(`Location="${ourConnection.callbackUrl}"`);
  });
});

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const HOLDER = '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"/></saml:Subject>';
const LATER = new Date(Date.now() + 2 * 86_400_000).toISOString();
const PAST = new Date(Date.now() - 3_600_000).toISOString();

describe('what a provider may not say, however well it is signed', () => {
  it.each<[string, Departure['says'], string]>([
    ['another Recipient', replacing(/Recipient="[^"]+"/, 'Recipient="https://elsewhere.example/acs"'), 'wrong_recipient'],
    ['no Recipient', replacing(/ Recipient="[^"]+"/, ''), 'wrong_recipient'],
    ['another Destination', replacing(/Destination="[^"]+"/, 'Destination="https://elsewhere.example/acs"'), 'wrong_destination'],
    ['no Destination', replacing(/ Destination="[^"]+"/, ''), 'wrong_destination'],
    ['another Issuer of the response', replacing(`<saml:Issuer>${OUR_ISSUER}`, '<saml:Issuer>https://evil.example'), 'wrong_issuer'],
    [
      'another Issuer of the assertion',
      (xml) => xml.replace(/(<saml:Assertion[^>]*><saml:Issuer>)[^<]+/, '$1https://evil.example'),
      'wrong_issuer',
    ],
    ['an Issuer that only begins right', (xml) => xml.replaceAll(`${OUR_ISSUER}<`, `${OUR_ISSUER}.evil.example<`), 'wrong_issuer'],
    ['an answer to another request', replacing(/InResponseTo="[^"]+"/, 'InResponseTo="_other"'), 'wrong_request'],
    ['an assertion for another request', (xml) => xml.replace(/(Data InResponseTo=)"[^"]+"/, '$1"_other"'), 'wrong_request'],
    ['an assertion for no request', (xml) => xml.replace(/(ConfirmationData) InResponseTo="[^"]+"/, '$1'), 'wrong_request'],
    ['another Audience', replacing(/<saml:Audience>[^<]+/, '<saml:Audience>https://elsewhere.example'), 'wrong_audience'],
    [
      'a second Audience',
      replacing('</saml:Audience>', '</saml:Audience><saml:Audience>https://b.example</saml:Audience>'),
      'wrong_audience',
    ],
    ['no Audience', replacing(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ''), 'wrong_audience'],
    ['that it failed, with an assertion', replacing('status:Success', 'status:Responder'), 'status'],
    [
      'that it failed inside a success',
      replacing(
        'status:Success"/>',
        'status:Success"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode>',
      ),
      'status',
    ],
    ['holder of key', replacing(BEARER, 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key'), 'confirmation'],
    ['sender vouches', replacing(BEARER, 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches'), 'confirmation'],
    ['holder of key besides bearer', replacing('</saml:Subject>', HOLDER), 'confirmation'],
    ['no AuthnStatement', replacing(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, ''), 'no_authentication'],
    ['a session that is over', replacing('AuthnInstant=', `SessionNotOnOrAfter="${PAST}" AuthnInstant=`), 'time'],
    ['conditions that are over', replacing(/(Conditions[^>]*NotOnOrAfter=)"[^"]+"/, `$1"${PAST}"`), 'time'],
    ['conditions that lie ahead', replacing(/NotBefore="[^"]+"/, `NotBefore="${LATER}"`), 'time'],
    ['conditions for days', replacing(/(Conditions[^>]*NotOnOrAfter=)"[^"]+"/, `$1"${LATER}"`), 'time'],
    ['a confirmation that is over', replacing(/(Recipient[^>]*NotOnOrAfter=)"[^"]+"/, `$1"${PAST}"`), 'time'],
    [
      'two addresses',
      replacing('</saml:AttributeValue>', '</saml:AttributeValue><saml:AttributeValue>b@ours.example</saml:AttributeValue>'),
      'no_email',
    ],
    ['no address', replacing(/<saml:AttributeValue>[^<]*@[^<]*/, '<saml:AttributeValue>ann'), 'no_email'],
    ['two subjects’ names', replacing('</saml:NameID>', '</saml:NameID><saml:NameID>bob</saml:NameID>'), 'subject'],
  ])('%s', async (_name, says, rule) => {
    expect(await ruleFor({ says })).toBe(rule);
    expect(await ruleFor({ says, signs: 'both' })).toBe(rule);
  });

  it.each<[string, Departure]>([
    ['RSA with SHA-1', { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }],
    ['a digest by SHA-1', { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }],
  ])('anything signed by %s', async (_name, departure) => expect(await ruleFor(departure)).toBe('weak_algorithm'));

  it('an address of a domain that its tenant has not proven', async () => {
    const request = await begin();
    const xml = samlAnswer(OUR_ISSUER, ourKey, request, { email: 'bob@theirs.example' });
    const led = await post(request.assertionUrl, xml, request.relayState);
    expect((await arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await membersOf(ours, 'bob@theirs.example')).toEqual([]);
  });
});

/** An assertion that nobody signed, naming mallory, made from the signed one. */
const evilFrom = (xml: string) => {
  const [assertion] = /<saml:Assertion.*<\/saml:Assertion>/.exec(xml) as RegExpExecArray;
  return (assertion as string)
    .replace(/<(ds:)?Signature .*<\/(ds:)?Signature>/, '')
    .replace('Ann@ours', 'mallory@ours')
    .replace(/ID="_a[^"]+"/, 'ID="_evil"');
};

describe('what is done to an answer on its way', () => {
  it.each<[string, Departure, string]>([
    ['a document type', { forged: (xml) => `<!DOCTYPE r [<!ENTITY x "y">]>${xml}` }, 'doctype'],
    ['a document type after a comment', { forged: (xml) => `<!-- --><!doctype r>${xml}` }, 'doctype'],
    ['no signature at all', { signs: 'nothing' }, 'unsigned'],
    ['a signature by somebody else', { signer: theirKey }, 'bad_signature'],
    ['another address', { forged: replacing('Ann@ours', 'mallory@ours') }, 'bad_signature'],
    [
      'another address, under the assertion’s and the response’s signature',
      { signs: 'both', forged: replacing('Ann@ours', 'mallory@ours') },
      'bad_signature',
    ],
    [
      'a response that no longer is what was signed',
      { signs: 'both', forged: replacing('<samlp:Status>', '<samlp:Status x="y">') },
      'bad_signature',
    ],
    [
      'a second assertion before the first',
      { forged: (xml) => xml.replace('<saml:Assertion', `${evilFrom(xml)}<saml:Assertion`) },
      'assertion_count',
    ],
    [
      'a second assertion behind it',
      { forged: (xml) => xml.replace('</samlp:Response>', `${evilFrom(xml)}</samlp:Response>`) },
      'assertion_count',
    ],
    [
      'the signed assertion wrapped into a forged one',
      {
        forged: (xml) => {
          const [signed] = /<saml:Assertion.*<\/saml:Assertion>/.exec(xml) as RegExpExecArray;
          return xml.replace(signed as string, evilFrom(xml).replace('</saml:Assertion>', `<x>${signed}</x></saml:Assertion>`));
        },
      },
      'assertion_count',
    ],
    [
      'the only assertion below another element',
      {
        forged: (xml) =>
          xml
            .replace('<saml:Assertion', '<samlp:Extensions><saml:Assertion')
            .replace('</saml:Assertion>', '</saml:Assertion></samlp:Extensions>'),
      },
      'assertion_count',
    ],
    [
      'an assertion of another namespace',
      { forged: (xml) => xml.replace('</samlp:Response>', '<Assertion xmlns="urn:x"/></samlp:Response>') },
      'assertion_count',
    ],
    [
      'an encrypted assertion besides',
      { forged: replacing('</samlp:Response>', '<saml:EncryptedAssertion/></samlp:Response>') },
      'encrypted',
    ],
    [
      'two elements with one id',
      { forged: (xml) => xml.replace('<samlp:Status>', `<samlp:Status ID="${/ID="(_a[^"]+)"/.exec(xml)?.[1]}">`) },
      'malformed',
    ],
    [
      'more than 256 kB',
      { forged: (xml) => xml.replace('</samlp:Response>', `<x>${'x'.repeat(262_144)}</x></samlp:Response>`) },
      'too_large',
    ],
    ['something that is no XML', { forged: () => '<samlp:Response' }, 'malformed'],
    ['a logout instead', { forged: (xml) => xml.replaceAll('samlp:Response', 'samlp:LogoutResponse') }, 'malformed'],
  ])('%s is refused', async (_name, departure, rule) => {
    expect(await ruleFor(departure)).toBe(rule);
    expect(await membersOf(ours, 'mallory@ours.example')).toEqual([]);
  });

  it('a comment, which no signature covers, never shortens an address', async () => {
    const request = await begin();
    const email = 'boss@ours.example.evil.example';
    const forged = replacing('boss@ours.example.', 'boss@ours.example<!-- -->.');
    const led = await post(request.assertionUrl, samlAnswer(OUR_ISSUER, ourKey, request, { email, forged }), request.relayState);
    expect((await arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await membersOf(ours, 'boss@ours.example')).toEqual([]);
  });

  it('a RelayState that was made up or used finds nothing', async () => {
    const request = await begin();
    const xml = samlAnswer(OUR_ISSUER, ourKey, request);
    expect(ruleIn(await post(request.assertionUrl, xml, 'made up'))).toBe('wrong_request');
    expect(ruleIn(await post(request.assertionUrl, xml, request.relayState))).toContain('/arrival?code=');
    expect(ruleIn(await post(request.assertionUrl, xml, request.relayState))).toBe('wrong_request');
  });
});

describe('another tenant’s identity provider', () => {
  it('never signs anyone in to us: with its own key and name, or with ours', async () => {
    for (const issuer of [THEIR_ISSUER, OUR_ISSUER]) {
      const request = await begin();
      const led = await post(request.assertionUrl, samlAnswer(issuer, theirKey, request), request.relayState);
      expect(['wrong_issuer', 'bad_signature']).toContain(ruleIn(led));
    }
  });

  it('never signs our people in at its own connection', async () => {
    const request = await begin('bob@theirs.example');
    const xml = samlAnswer(THEIR_ISSUER, theirKey, request, { email: 'ann@ours.example' });
    const led = await post(request.assertionUrl, xml, request.relayState);
    expect((await arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await membersOf(theirs, 'ann@ours.example')).toEqual([]);
  });

  it('never has its answers taken at our connection, even where both use one provider', async () => {
    const shared = await aTenant(api.control, 0n);
    await connect(shared, 'shared.example', { issuer: OUR_ISSUER, certificates: [ourKey.certificatePem] });
    const request = await begin('cy@shared.example');
    const xml = samlAnswer(OUR_ISSUER, ourKey, request, { email: 'ann@ours.example' });
    expect(ruleIn(await post(ourConnection.callbackUrl, xml, request.relayState))).toBe('wrong_request');
    const atOurs = await begin();
    const crossed = { ...request, id: atOurs.id };
    expect(ruleIn(await post(ourConnection.callbackUrl, samlAnswer(OUR_ISSUER, ourKey, crossed), atOurs.relayState))).toBe(
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
    const request = unasked(ourConnection);
    expect(ruleIn(await post(request.assertionUrl, samlAnswer(OUR_ISSUER, ourKey, request), ''))).toBe('wrong_request');
  });

  it('signs people in where it is allowed, once for each assertion, and leads to no URL of its own', async () => {
    const tenantId = await aTenant(api.control, 0n);
    const provider = { issuer: OUR_ISSUER, certificates: [ourKey.certificatePem] };
    const connection = await connect(tenantId, 'portal.example', provider, { allowsIdpInitiated: true });
    const request = unasked(connection);
    const xml = samlAnswer(OUR_ISSUER, ourKey, request, { email: 'dee@portal.example' });
    const led = await post(request.assertionUrl, xml, request.relayState);
    const answer = await arrive(led, '');
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    expect(await membersOf(tenantId, 'dee@portal.example')).toHaveLength(1);
    expect(ruleIn(await post(request.assertionUrl, xml, request.relayState))).toBe('used_already');
    const asked = samlAnswer(OUR_ISSUER, ourKey, { ...request, id: '_someone-else-s' }, { email: 'dee@portal.example' });
    expect(ruleIn(await post(request.assertionUrl, asked, ''))).toBe('wrong_request');
  });
});

describe('the provider of a connection', () => {
  it('may sign by either of two certificates, until one is taken away', async () => {
    const tenantId = await aTenant(api.control, 0n);
    const certificates = [ourKey.certificatePem, ourNextKey.certificatePem];
    const { id } = await connect(tenantId, 'rolling.example', { issuer: OUR_ISSUER, certificates });
    const leads = async (signer: typeof ourKey) => {
      const request = await begin('eve@rolling.example');
      return ruleIn(
        await post(request.assertionUrl, samlAnswer(OUR_ISSUER, signer, request, { email: 'eve@rolling.example' }), request.relayState),
      );
    };
    expect(await leads(ourKey)).toContain('/arrival?code=');
    expect(await leads(ourNextKey)).toContain('/arrival?code=');
    const as = await api.aSession(tenantId, 'owner');
    const provider = { issuer: OUR_ISSUER, ssoUrl: 'https://idp.example/sso', certificates: [ourNextKey.certificatePem] };
    expect((await api.call(as, 'PUT', `/api/v1/sign-in/connections/${id}/provider`, provider)).status).toBe(200);
    expect(await leads(ourKey)).toContain('/arrival?code='); // what is entered waits for its test
    await turnOn(owner, id);
    expect(await leads(ourKey)).toBe('bad_signature');
  });

  it.each([
    ['no certificate', { issuer: 'x', ssoUrl: 'https://x.example', certificates: ['nonsense'] }, 'cannot be read'],
    [
      'a short key',
      { issuer: 'x', ssoUrl: 'https://x.example', certificates: [selfSigned('short', IN_A_YEAR, 1_024).certificatePem] },
      '2048 bits',
    ],
    ['no https', { issuer: 'x', ssoUrl: 'http://x.example', certificates: [ourKey.certificatePem] }, 'https URL'],
    ['a document type', { metadataXml: '<!DOCTYPE x><x/>' }, 'document type'],
    ['no provider', { metadataXml: '<x/>' }, 'exactly one'],
    ['a URL inside our network', { metadataUrl: 'http://127.0.0.1/metadata' }, 'could not be fetched'],
  ])('is refused with %s', async (_name, provider, words) => {
    const as = await api.aSession(ours, 'owner');
    const { status, body } = await api.call(as, 'PUT', `/api/v1/sign-in/connections/${ourConnection.id}/provider`, provider);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(words)]);
  });
});
