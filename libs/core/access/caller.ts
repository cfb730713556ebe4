import type { OwnLimits } from '#core/access/key-limits';
import type { Once } from '#core/access/once';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { SpendingCap } from '#core/ledger/spending-cap';

/** What a project says about work done for it, as a key carries it. */
export interface ProjectOfKey {
  id: string;
  /** Null: its tenant's. */
  serviceTier: ServiceTier | null;
}

/** The person behind a call that came with a session. */
export interface PersonOfCall {
  id: string;
  email: string;
  /** Where they are a member: an agency when they act for its brand. */
  tenantId: string;
  memberId: string;
  /** When they last proved who they are, for what needs a fresh proof. */
  verifiedAt: Date;
}

/** Who calls: an API key of one tenant, a person in their session, or whoever opened a set-up link. */
export interface Caller {
  tenantId: string;
  /** Of a person their membership, so that limits and repeated calls are counted by member; of a set-up link its own. */
  apiKeyId: string;
  person?: PersonOfCall;
  /** Set for whoever opened this set-up link: they are of its tenant and of nothing below it. */
  setupLinkId?: string;
  scopes: readonly string[];
  /** The project that the key works for. */
  project?: ProjectOfKey | null;
  /** Budgets that what it asks for counts against: its project's and its own. */
  caps?: readonly SpendingCap[];
  /** By its project or, having none, its tenant. Null: any. */
  allowedModels?: readonly string[] | null;
  /** Where all pools may train on what they are sent, which its project, or having none, rules out. */
  closedPoolClasses?: readonly string[];
  /** Its own limits, below those of its tenant. */
  limits?: OwnLimits;
  /** Names the limits of each key of its tenant. */
  limitPlan: string;
  /** The tier of what it asks for without naming one: the key's own, else its project's, else its tenant's. */
  serviceTier?: ServiceTier;
  /** The tier that this call names beside its body. */
  askedTier?: ServiceTier;
  /** How this call is known when it is sent again. */
  once?: Once;
}

/** An API key as it is found by its hash. */
export interface KeyFacts {
  /** The same for every call with the key. */
  caller: Readonly<Caller>;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export type KeyRefusal = { refused: 'unknown_key' | 'revoked_key' | 'expired_key' };

/** Whether a key may call now. */
export function admitCaller(key: KeyFacts | undefined, now: Date): Caller | KeyRefusal {
  if (!key) return { refused: 'unknown_key' };
  if (key.revokedAt && key.revokedAt <= now) return { refused: 'revoked_key' };
  if (key.expiresAt && key.expiresAt <= now) return { refused: 'expired_key' };
  return key.caller;
}
