import type { Claims } from '#core/access/claims';

/** What a SAML response says outside its assertion. A provider may leave these bytes unsigned, so they are only ever compared. */
export interface SamlResponse {
  version: string | undefined;
  destination: string | undefined;
  issuer: string | undefined;
  inResponseTo: string | undefined;
  /** Its status and those nested in it. */
  statuses: readonly string[];
}

/** What the signed bytes of an assertion say. */
export interface SamlAssertion {
  id: string | undefined;
  version: string | undefined;
  issuer: string | undefined;
  nameId: string | undefined;
  subjects: number;
  confirmations: readonly SubjectConfirmation[];
  notBefore: Date | undefined;
  notOnOrAfter: Date | undefined;
  /** One list for each restriction. */
  audiences: readonly (readonly (string | undefined)[])[];
  authnStatements: number;
  sessionEnd: Date | undefined;
  /** Attributes by name, and the name of the subject as `nameId`. */
  claims: Claims;
}

export interface SubjectConfirmation {
  method: string | undefined;
  recipient: string | undefined;
  inResponseTo: string | undefined;
  notBefore: Date | undefined;
  notOnOrAfter: Date | undefined;
}

/** What one connection may accept, for one sign-in. */
export interface ExpectedAnswer {
  /** Entity id of the tenant's identity provider. */
  issuer: string;
  /** Of this connection alone. */
  assertionUrl: string;
  /** Entity id under which the provider knows this connection. */
  audience: string;
  /** Undefined when the provider begins, where the connection allows it. */
  requestId: string | undefined;
}

export type SamlRefusal =
  | 'too_large'
  | 'malformed'
  | 'doctype'
  | 'assertion_count'
  | 'encrypted'
  | 'unsigned'
  | 'weak_algorithm'
  | 'bad_signature'
  | 'wrong_destination'
  | 'wrong_issuer'
  | 'wrong_request'
  | 'status'
  | 'subject'
  | 'confirmation'
  | 'wrong_recipient'
  | 'wrong_audience'
  | 'time'
  | 'no_authentication'
  | 'used_already'
  | 'no_email';

export const SAML_CLOCK_SKEW_MS = 60_000;
/** Until when at most an assertion may be valid: so long its id is kept. */
export const MAX_ASSERTION_LIFE_MS = 24 * 3_600_000;

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** Compares exactly what a provider may leave out or unsigned, but may never say of somebody else's sign-in. */
export function judgeResponse(response: SamlResponse, expected: ExpectedAnswer): SamlRefusal | undefined {
  if (response.version !== '2.0') return 'malformed';
  if (response.statuses.length !== 1 || response.statuses[0] !== SUCCESS) return 'status';
  if (response.destination !== expected.assertionUrl) return 'wrong_destination';
  if (response.issuer !== expected.issuer) return 'wrong_issuer';
  if (response.inResponseTo !== expected.requestId) return 'wrong_request';
  return undefined;
}

/** Every rule that an assertion has to keep before it names anybody. */
export function judgeAssertion(assertion: SamlAssertion, expected: ExpectedAnswer, now: Date): SamlRefusal | undefined {
  if (assertion.version !== '2.0' || !assertion.id) return 'malformed';
  if (assertion.issuer !== expected.issuer) return 'wrong_issuer';
  if (assertion.subjects !== 1 || !assertion.nameId) return 'subject';
  const [restriction, ...others] = assertion.audiences;
  if (others.length > 0 || restriction?.length !== 1 || restriction[0] !== expected.audience) return 'wrong_audience';
  if (!holdsAt(now, assertion) || !assertion.notOnOrAfter) return 'time';
  if (assertion.notOnOrAfter.getTime() > now.getTime() + MAX_ASSERTION_LIFE_MS) return 'time';
  if (assertion.authnStatements < 1) return 'no_authentication';
  if (assertion.sessionEnd && !holdsAt(now, { notBefore: undefined, notOnOrAfter: assertion.sessionEnd })) return 'time';
  return judgeConfirmations(assertion.confirmations, expected, now);
}

/** All have to hold: one that does not is a sign that the assertion was made for another use. */
function judgeConfirmations(all: readonly SubjectConfirmation[], expected: ExpectedAnswer, now: Date): SamlRefusal | undefined {
  if (all.length === 0) return 'confirmation';
  for (const { method, recipient, inResponseTo, notBefore, notOnOrAfter } of all) {
    if (method !== BEARER || notBefore) return 'confirmation';
    if (recipient !== expected.assertionUrl) return 'wrong_recipient';
    if (inResponseTo !== expected.requestId) return 'wrong_request';
    if (!notOnOrAfter || !holdsAt(now, { notBefore, notOnOrAfter })) return 'time';
  }
  return undefined;
}

function holdsAt(now: Date, { notBefore, notOnOrAfter }: { notBefore: Date | undefined; notOnOrAfter: Date | undefined }): boolean {
  const nowMs = now.getTime();
  if (notBefore && !(notBefore.getTime() <= nowMs + SAML_CLOCK_SKEW_MS)) return false;
  return !notOnOrAfter || nowMs - SAML_CLOCK_SKEW_MS < notOnOrAfter.getTime();
}
