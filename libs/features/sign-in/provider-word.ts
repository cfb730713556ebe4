import { type ClaimNames, type Claims, type MappedPerson, mapClaims, OIDC_CLAIMS, SAML_CLAIMS } from '#core/access/claims';

/** What an identity provider's answer came to: claims that are proven, or the rule that it broke, with claims if they were read. */
export type ProviderWord = { claims: Claims } | { rule: string; detail?: string; claims?: Claims };

const NAMES: Record<'oidc' | 'saml', ClaimNames> = { oidc: OIDC_CLAIMS, saml: SAML_CLAIMS };

export function mappedBy(kind: 'oidc' | 'saml', claims: Claims): MappedPerson {
  return mapClaims(claims, NAMES[kind]);
}
