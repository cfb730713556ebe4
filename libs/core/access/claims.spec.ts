import { expect, it } from 'vitest';
import { type Claims, mapClaims, OIDC_CLAIMS, personOf, SAML_CLAIMS, withDomains } from '#core/access/claims';

const MAIL_OID = 'urn:oid:0.9.2342.19200300.100.1.3';

it.each<{ claims: Claims; email?: string; by?: string; findings: string[] }>([
  { claims: { email: ['Ann@Acme.example '], displayName: ['Ann'] }, email: 'ann@acme.example', by: 'email', findings: [] },
  { claims: { [MAIL_OID]: ['ann@acme.example'], nameId: ['x-1'], cn: ['Ann'] }, email: 'ann@acme.example', by: MAIL_OID, findings: [] },
  { claims: { nameId: ['ann@acme.example'] }, email: 'ann@acme.example', by: 'nameId', findings: ['no_name'] },
  { claims: { nameId: ['x-1'], cn: ['Ann'] }, email: undefined, by: 'nameId', findings: ['no_email_address'] },
  { claims: { mail: ['a@acme.example', 'b@acme.example'], cn: ['Ann'] }, email: undefined, by: 'mail', findings: ['several_emails'] },
  { claims: { cn: ['Ann'] }, email: undefined, by: undefined, findings: ['no_email'] },
])('SAML: $claims', ({ claims, email, by, findings }) => {
  expect(mapClaims(claims, SAML_CLAIMS)).toMatchObject({ email, emailClaim: by, findings });
});

it('OpenID Connect: an address counts unless the provider says that it has not verified it', () => {
  const said = (verified: string[]) => mapClaims({ email: ['a@acme.example'], name: ['A'], email_verified: verified }, OIDC_CLAIMS);
  expect(personOf(said(['true']))).toEqual({ email: 'a@acme.example', name: 'A' });
  expect(said(['false']).findings).toEqual(['email_not_verified']);
  expect(personOf(said(['false']))).toBeUndefined();
  expect(mapClaims({ mail: ['a@acme.example'] }, OIDC_CLAIMS).findings).toContain('no_email');
});

it('names a person without a name by their address', () => {
  expect(personOf(mapClaims({ email: ['a@acme.example'] }, OIDC_CLAIMS))).toEqual({ email: 'a@acme.example', name: 'a@acme.example' });
});

it('finds an address of a domain that is not proven', () => {
  const person = mapClaims({ email: ['a@acme.example'], name: ['A'] }, OIDC_CLAIMS);
  expect(withDomains(person, ['acme.example']).findings).toEqual([]);
  expect(withDomains(person, ['example']).findings).toEqual(['domain_not_proven']);
});
