import type { SamlAssertion, SamlRefusal, SamlResponse } from '#core/access/saml-answer';
import {
  allElements,
  attributeOf,
  childrenOf,
  declaresDoctype,
  isNamed,
  MalformedXml,
  parseXml,
  textOf,
  type XmlElement,
} from '#features/sign-in/saml/xml';

const MAX_ANSWER_BYTES = 256 * 1024;

export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
export const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';

/** SHA-256 or better; how bytes are brought into one form; nothing else. */
const ALGORITHMS = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
]);
const ALGORITHM_NAMES = ['CanonicalizationMethod', 'SignatureMethod', 'Transform', 'DigestMethod'];

/** A response whose shape is beyond doubt; nothing of it is proven yet. */
export interface SamlDocument {
  xml: string;
  response: SamlResponse;
  isResponseSigned: boolean;
  isAssertionSigned: boolean;
}

/** Every rule that can be judged before any signature is looked at. @param encoded in base64, as the form carries it */
export function readSamlDocument(encoded: string): SamlDocument | { refused: SamlRefusal } {
  if (Buffer.byteLength(encoded, 'base64') > MAX_ANSWER_BYTES) return { refused: 'too_large' };
  let xml: string;
  try {
    xml = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    if (declaresDoctype(xml)) return { refused: 'doctype' };
    const root = parseXml(xml);
    return isNamed(root, PROTOCOL, 'Response') ? judgeShape(xml, root) : { refused: 'malformed' };
  } catch (error) {
    if (error instanceof MalformedXml || error instanceof TypeError) return { refused: 'malformed' };
    throw error;
  }
}

function judgeShape(xml: string, root: XmlElement): SamlDocument | { refused: SamlRefusal } {
  const elements = allElements(root);
  if (elements.some(({ localName }) => localName === 'EncryptedAssertion')) return { refused: 'encrypted' };
  const assertions = elements.filter(({ localName }) => localName === 'Assertion');
  const [assertion] = assertions;
  // An answer that says "no" carries none. What it says is judged with the rest.
  if (assertions.length > 1 || (assertion && (assertion.parentNode !== root || !isNamed(assertion, ASSERTION, 'Assertion')))) {
    return { refused: 'assertion_count' };
  }
  const ids = elements.flatMap((element) => ['ID', 'Id', 'id'].flatMap((name) => attributeOf(element, name) ?? []));
  if (new Set(ids).size !== ids.length) return { refused: 'malformed' };
  const response = responseOf(root);
  const isRefusal = response.statuses[0] !== undefined && !response.statuses[0].endsWith(':Success');
  if (!assertion) return { refused: isRefusal ? 'status' : 'assertion_count' };
  const signatures = elements.filter((element) => isNamed(element, SIGNATURE, 'Signature'));
  if (signatures.length === 0) return { refused: 'unsigned' };
  const isResponseSigned = signatures.some(({ parentNode }) => parentNode === root);
  const isAssertionSigned = signatures.some(({ parentNode }) => parentNode === assertion);
  if (signatures.length !== Number(isResponseSigned) + Number(isAssertionSigned)) return { refused: 'bad_signature' };
  if (!elements.every(hasStrongAlgorithm)) return { refused: 'weak_algorithm' };
  return { xml, response, isResponseSigned, isAssertionSigned };
}

function hasStrongAlgorithm(element: XmlElement): boolean {
  if (element.namespaceURI !== SIGNATURE || !ALGORITHM_NAMES.includes(element.localName)) return true;
  return ALGORITHMS.has(attributeOf(element, 'Algorithm') ?? '');
}

function responseOf(root: XmlElement): SamlResponse {
  const status = childrenOf(root, PROTOCOL, 'Status');
  const codes = status.flatMap((one) => allElements(one).filter((element) => isNamed(element, PROTOCOL, 'StatusCode')));
  const issuers = childrenOf(root, ASSERTION, 'Issuer');
  return {
    version: attributeOf(root, 'Version'),
    destination: attributeOf(root, 'Destination'),
    issuer: issuers.length === 1 ? textOf(issuers[0]) : undefined,
    inResponseTo: attributeOf(root, 'InResponseTo'),
    statuses: codes.map((code) => attributeOf(code, 'Value') ?? ''),
  };
}

/** What an assertion says. @param signedXml the bytes that the signature covered, and nothing else @throws MalformedXml */
export function readAssertion(signedXml: string): SamlAssertion {
  const root = parseXml(signedXml);
  if (!isNamed(root, ASSERTION, 'Assertion')) throw new MalformedXml('the signed bytes are no assertion');
  const issuers = childrenOf(root, ASSERTION, 'Issuer');
  const subjects = childrenOf(root, ASSERTION, 'Subject');
  const names = subjects.flatMap((subject) => childrenOf(subject, ASSERTION, 'NameID'));
  const nameId = names.length === 1 ? textOf(names[0]) : undefined;
  const conditions = childrenOf(root, ASSERTION, 'Conditions');
  const limits = conditions.length === 1 ? conditions[0] : undefined;
  const restrictions = limits ? childrenOf(limits, ASSERTION, 'AudienceRestriction') : [];
  const statements = childrenOf(root, ASSERTION, 'AuthnStatement');
  return {
    id: attributeOf(root, 'ID'),
    version: attributeOf(root, 'Version'),
    issuer: issuers.length === 1 ? textOf(issuers[0]) : undefined,
    nameId,
    subjects: subjects.length,
    confirmations: subjects.flatMap((subject) => childrenOf(subject, ASSERTION, 'SubjectConfirmation').map(confirmationOf)),
    notBefore: timeOf(limits, 'NotBefore'),
    notOnOrAfter: timeOf(limits, 'NotOnOrAfter'),
    audiences: restrictions.map((one) => childrenOf(one, ASSERTION, 'Audience').map(textOf)),
    authnStatements: statements.length,
    sessionEnd: statements.map((statement) => timeOf(statement, 'SessionNotOnOrAfter')).find((end) => end !== undefined),
    claims: { ...claimsOf(root), ...(nameId !== undefined && { nameId: [nameId] }) },
  };
}

function confirmationOf(confirmation: XmlElement) {
  const [data, ...others] = childrenOf(confirmation, ASSERTION, 'SubjectConfirmationData');
  const only = others.length === 0 ? data : undefined;
  return {
    method: attributeOf(confirmation, 'Method'),
    recipient: attributeOf(only, 'Recipient'),
    inResponseTo: attributeOf(only, 'InResponseTo'),
    notBefore: timeOf(only, 'NotBefore'),
    notOnOrAfter: timeOf(only, 'NotOnOrAfter'),
  };
}

function claimsOf(assertion: XmlElement): Record<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const statement of childrenOf(assertion, ASSERTION, 'AttributeStatement')) {
    for (const attribute of childrenOf(statement, ASSERTION, 'Attribute')) {
      const name = attributeOf(attribute, 'Name') ?? '';
      const values = childrenOf(attribute, ASSERTION, 'AttributeValue').flatMap((value) => textOf(value) ?? []);
      claims.set(name, [...(claims.get(name) ?? []), ...values]);
    }
  }
  return Object.fromEntries(claims);
}

/** @throws MalformedXml for what is there and no time */
function timeOf(element: XmlElement | undefined, name: string): Date | undefined {
  const text = attributeOf(element, name);
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(time.getTime()))
    throw new MalformedXml(`${name} is no time`);
  return time;
}
