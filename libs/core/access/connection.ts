/** Identity providers whose set-up has steps of its own, and the two protocols for all others. */
export const PROVIDERS = ['okta', 'entra', 'google', 'onelogin', 'saml', 'oidc'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The named ones are set up by SAML, which all of them have in every edition. */
export function protocolOf(provider: Provider): 'saml' | 'oidc' {
  return provider === 'oidc' ? 'oidc' : 'saml';
}

/** `draft`: nobody signs in by it. `optional`: people of its domains may. `enforced`: they cannot sign in otherwise. */
export const CONNECTION_STATES = ['draft', 'optional', 'enforced'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export interface Proofs {
  /** Whether some configuration of it has passed a test. */
  isTested: boolean;
  /** Whether an owner passed the test of what is in effect. */
  isOwnerTested: boolean;
}

/** What else has to be there before nobody can come in another way. */
export interface Safeguards {
  hasProvenDomain: boolean;
  /** An owner who can sign in past the identity provider. */
  hasBreakGlass: boolean;
}

export type StateRefusal = 'not_tested' | 'not_tested_by_owner' | 'no_proven_domain' | 'no_break_glass';

/** Why a connection cannot be brought into a state; nothing stands in the way of turning it off. */
export function whyNotState(
  wanted: ConnectionState,
  { isTested, isOwnerTested }: Proofs,
  { hasProvenDomain, hasBreakGlass }: Safeguards,
): StateRefusal | undefined {
  if (wanted === 'draft') return undefined;
  if (!isTested) return 'not_tested';
  if (wanted === 'optional') return undefined;
  if (!isOwnerTested) return 'not_tested_by_owner';
  if (!hasProvenDomain) return 'no_proven_domain';
  return hasBreakGlass ? undefined : 'no_break_glass';
}

/** Whether an edit takes effect by a test that was passed. What is enforced changes only by an owner who has come in by it. */
export function takesEffect(state: ConnectionState, isByOwner: boolean): boolean {
  return state !== 'enforced' || isByOwner;
}
