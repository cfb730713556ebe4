import { SAML } from '@node-saml/node-saml';
import type { Claims } from '#core/access/claims';
import { type ExpectedAnswer, judgeAssertion, judgeResponse, type SamlAssertion, type SamlRefusal } from '#core/access/saml-answer';
import { readAssertion, readSamlDocument, type SamlDocument } from '#features/sign-in/saml/saml-document';
import { MalformedXml } from '#features/sign-in/saml/xml';

/** The rule that was broken; with what was claimed, if a signature covered it. */
export interface BrokenRule {
  refused: SamlRefusal;
  claims?: Claims;
}

/**
 * The assertion of an answer, if it keeps every rule. The library checks the signatures and hands over the bytes they cover; it would
 * accept much that we refuse, so each rule is judged here, on those bytes alone where it concerns who somebody is.
 */
export async function proveAssertion(
  encoded: string,
  certificates: readonly string[],
  expected: ExpectedAnswer,
  now: Date,
): Promise<SamlAssertion | BrokenRule> {
  const document = readSamlDocument(encoded);
  if ('refused' in document) return document;
  const refusal = judgeResponse(document.response, expected);
  if (refusal) return { refused: refusal };
  const signedXml = await signedAssertion(document, certificates, expected);
  if (signedXml === undefined) return { refused: 'bad_signature' };
  try {
    const assertion = readAssertion(signedXml);
    const broken = judgeAssertion(assertion, expected, now);
    return broken ? { refused: broken, claims: assertion.claims } : assertion;
  } catch (error) {
    if (error instanceof MalformedXml) return { refused: 'malformed' };
    throw error;
  }
}

/** Every signature that is there has to hold. @returns the bytes of the assertion that were signed, or nothing */
async function signedAssertion(
  { xml, isResponseSigned, isAssertionSigned }: SamlDocument,
  certificates: readonly string[],
  { assertionUrl, audience, issuer }: ExpectedAnswer,
): Promise<string | undefined> {
  const saml = new SAML({
    callbackUrl: assertionUrl,
    issuer: audience,
    idpIssuer: issuer,
    idpCert: [...certificates],
    audience: false, // judged by our rules, which also name what is wrong
    acceptedClockSkewMs: -1, // as are all times
    wantAuthnResponseSigned: isResponseSigned,
    wantAssertionsSigned: isAssertionSigned,
  });
  try {
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: Buffer.from(xml, 'utf8').toString('base64') });
    return profile?.getAssertionXml?.();
  } catch (error) {
    // The library has only plain errors for what an answer does wrong, and it touches nothing that could fail otherwise.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
