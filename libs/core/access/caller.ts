/** Who calls: an API key of one tenant. */
export interface Caller {
  tenantId: string;
  apiKeyId: string;
  scopes: readonly string[];
}

/** An API key as it is found by its hash. */
export interface KeyFacts extends Caller {
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export type KeyRefusal = { refused: 'unknown_key' | 'revoked_key' | 'expired_key' };

/** Whether a key may call now. */
export function admitCaller(key: KeyFacts | undefined, now: Date): Caller | KeyRefusal {
  if (!key) return { refused: 'unknown_key' };
  if (key.revokedAt && key.revokedAt <= now) return { refused: 'revoked_key' };
  if (key.expiresAt && key.expiresAt <= now) return { refused: 'expired_key' };
  return { tenantId: key.tenantId, apiKeyId: key.apiKeyId, scopes: key.scopes };
}
