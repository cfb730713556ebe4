import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Departure, samlAnswer } from '#apps/api/testing/saml-answers';
import { OUR_ISSUER, OUR_KEY, ruleIn, SamlTenants, THEIR_KEY } from '#apps/api/testing/saml-tenants';

const replacing = (from: string | RegExp, to: string) => (xml: string) => xml.replace(from, to);

let saml: SamlTenants;

beforeAll(async () => {
  saml = await SamlTenants.start();
});
afterAll(() => saml.stop());

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
    expect(await saml.ruleFor({ says })).toBe(rule);
    expect(await saml.ruleFor({ says, signs: 'both' })).toBe(rule);
  });

  it.each<[string, Departure]>([
    ['RSA with SHA-1', { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }],
    ['a digest by SHA-1', { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }],
  ])('anything signed by %s', async (_name, departure) => expect(await saml.ruleFor(departure)).toBe('weak_algorithm'));

  it('an address of a domain that its tenant has not proven', async () => {
    const request = await saml.begin();
    const xml = samlAnswer(OUR_ISSUER, OUR_KEY, request, { email: 'bob@theirs.example' });
    const led = await saml.post(request.assertionUrl, xml, request.relayState);
    expect((await saml.arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await saml.membersOf(saml.ours, 'bob@theirs.example')).toEqual([]);
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
    ['a signature by somebody else', { signer: THEIR_KEY }, 'bad_signature'],
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
    expect(await saml.ruleFor(departure)).toBe(rule);
    expect(await saml.membersOf(saml.ours, 'mallory@ours.example')).toEqual([]);
  });

  it('a comment, which no signature covers, never shortens an address', async () => {
    const request = await saml.begin();
    const email = 'boss@ours.example.evil.example';
    const forged = replacing('boss@ours.example.', 'boss@ours.example<!-- -->.');
    const led = await saml.post(request.assertionUrl, samlAnswer(OUR_ISSUER, OUR_KEY, request, { email, forged }), request.relayState);
    expect((await saml.arrive(led, request.cookie)).headers.location).toBe('/sign-in?problem=sign_in_refused');
    expect(await saml.membersOf(saml.ours, 'boss@ours.example')).toEqual([]);
  });

  it('a RelayState that was made up or used finds nothing', async () => {
    const request = await saml.begin();
    const xml = samlAnswer(OUR_ISSUER, OUR_KEY, request);
    expect(ruleIn(await saml.post(request.assertionUrl, xml, 'made up'))).toBe('wrong_request');
    expect(ruleIn(await saml.post(request.assertionUrl, xml, request.relayState))).toContain('/arrival?code=');
    expect(ruleIn(await saml.post(request.assertionUrl, xml, request.relayState))).toBe('wrong_request');
  });
});
