import { domainOf } from '#core/access/domains';

/** What an identity provider says of somebody: each claim with all its values. */
export type Claims = Readonly<Record<string, readonly string[]>>;

/** Names under which a claim may come. The first that is there counts. */
export interface ClaimNames {
  email: readonly string[];
  name: readonly string[];
}

export const OIDC_CLAIMS: ClaimNames = { email: ['email'], name: ['name'] };
export const SAML_CLAIMS: ClaimNames = {
  email: [
    'email',
    'mail',
    'emailAddress',
    'urn:oid:0.9.2342.19200300.100.1.3',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    'nameId',
  ],
  name: [
    'displayName',
    'name',
    'cn',
    'urn:oid:2.16.840.1.113730.3.1.241',
    'urn:oid:2.5.4.3',
    'http://schemas.microsoft.com/identity/claims/displayname',
  ],
};

export const CLAIM_FINDINGS = [
  'no_email',
  'several_emails',
  'no_email_address',
  'email_not_verified',
  'domain_not_proven',
  'no_name',
] as const;
export type ClaimFinding = (typeof CLAIM_FINDINGS)[number];

/** Whom claims name, and by which of them. */
export interface MappedPerson {
  email: string | undefined;
  emailClaim: string | undefined;
  name: string | undefined;
  nameClaim: string | undefined;
  /** What stands in the way. Only `no_name` does not: the address is shown instead. */
  findings: readonly ClaimFinding[];
}

/** Whom the claims name: one address, or nobody. Two addresses are a question that nobody should answer by guessing. */
export function mapClaims(claims: Claims, names: ClaimNames): MappedPerson {
  const emailClaim = names.email.find((claim) => claims[claim] !== undefined);
  const emails = emailClaim === undefined ? [] : (claims[emailClaim] ?? []);
  const email = emails.length === 1 ? (emails[0] as string).trim().toLowerCase() : undefined;
  const isAddress = email !== undefined && /^[^\s@]+@[^\s@]+$/.test(email);
  const nameClaim = names.name.find((claim) => claims[claim]?.[0]?.trim());
  const findings: ClaimFinding[] = [];
  if (emails.length === 0) findings.push('no_email');
  else if (emails.length > 1) findings.push('several_emails');
  else if (!isAddress) findings.push('no_email_address');
  if (claims.email_verified?.[0] === 'false') findings.push('email_not_verified');
  if (nameClaim === undefined) findings.push('no_name');
  return { email: isAddress ? email : undefined, emailClaim, name: nameClaim && claims[nameClaim]?.[0]?.trim(), nameClaim, findings };
}

/** The person whom claims name beyond doubt. */
export function personOf({ email, name, findings }: MappedPerson): { email: string; name: string } | undefined {
  if (email === undefined || !isUsable(findings)) return undefined;
  return { email, name: name ?? email };
}

/** A provider speaks only for the proven domains of its tenant. */
export function withDomains(person: MappedPerson, proven: readonly string[]): MappedPerson {
  if (person.email === undefined || proven.includes(domainOf(person.email))) return person;
  return { ...person, findings: [...person.findings, 'domain_not_proven'] };
}

export function isUsable(findings: readonly ClaimFinding[]): boolean {
  return findings.every((finding) => finding === 'no_name');
}
