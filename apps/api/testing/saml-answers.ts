import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import type { SelfSigned } from '#testing/self-signed';

/** What a provider was asked, as the browser carries it. */
export interface SamlRequest {
  id: string;
  assertionUrl: string;
  entityId: string;
  relayState: string;
}

export function requestIn(url: string): SamlRequest {
  const query = new URL(url).searchParams;
  const xml = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString('utf8');
  const find = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? '';
  return {
    id: find(/ ID="([^"]+)"/),
    assertionUrl: find(/AssertionConsumerServiceURL="([^"]+)"/),
    entityId: find(/Issuer[^>]*>([^<]+)</),
    relayState: query.get('RelayState') ?? '',
  };
}

type Signed = 'assertion' | 'response' | 'both' | 'nothing';

/** How an answer departs from a good one. */
export interface Departure {
  email?: string;
  /** Changes the document before it is signed: the provider itself says so. */
  says?: (xml: string) => string;
  /** Changes the document after it was signed: somebody on the way does. */
  forged?: (xml: string) => string;
  signs?: Signed;
  signer?: SelfSigned;
  signatureAlgorithm?: string;
  digestAlgorithm?: string;
}

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** A good answer to a request, or one that departs from it in one way. @returns XML */
export function samlAnswer(issuer: string, signer: SelfSigned, request: SamlRequest, departure: Departure = {}): string {
  const { email = 'Ann@ours.example', says = same, forged = same, signs = 'assertion' } = departure;
  const good = goodAnswer(issuer, request, email);
  const said = says(good);
  if (says !== same && said === good) throw new Error('the departure changes nothing');
  const key = departure.signer ?? signer;
  const inner = signs === 'assertion' || signs === 'both' ? signed(said, 'Assertion', key, departure) : said;
  const whole = signs === 'response' || signs === 'both' ? signed(inner, 'Response', key, departure) : inner;
  const sent = forged(whole);
  if (forged !== same && sent === whole) throw new Error('the forgery changes nothing');
  return sent;
}

const same = (xml: string) => xml;

function goodAnswer(issuer: string, { id, assertionUrl, entityId }: SamlRequest, email: string): string {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
  const answers = id ? ` InResponseTo="${id}"` : '';
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r${hex()}" Version="2.0" IssueInstant="${at(0)}" Destination="${assertionUrl}"${answers}><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="_a${hex()}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ann-1</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData${answers} Recipient="${assertionUrl}" NotOnOrAfter="${at(300)}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${at(-30)}" NotOnOrAfter="${at(600)}"><saml:AudienceRestriction><saml:Audience>${entityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>${email}</saml:AttributeValue></saml:Attribute><saml:Attribute Name="displayName"><saml:AttributeValue>Ann</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`;
}

function signed(
  xml: string,
  element: 'Assertion' | 'Response',
  { privateKeyPem, certificatePem }: SelfSigned,
  departure: Departure,
): string {
  const { signatureAlgorithm = RSA_SHA256, digestAlgorithm = SHA256 } = departure;
  const signature = new SignedXml({
    privateKey: privateKeyPem,
    publicCert: certificatePem,
    signatureAlgorithm,
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  const xpath = `//*[local-name(.)='${element}']`;
  signature.addReference({ xpath, digestAlgorithm, transforms: [ENVELOPED, EXCLUSIVE] });
  signature.computeSignature(xml, { location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' } });
  return signature.getSignedXml();
}

function hex(): string {
  return randomBytes(16).toString('hex');
}
