import { createHmac, createPrivateKey, createSecretKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type Signing = 'hmac' | 'ed25519';

export interface NewSecret {
  /** What is stored and signed with. Of ed25519 the customer never needs it. */
  secret: string;
  /** What the customer verifies with, when that is another key. */
  publicKey: string | null;
}

const HMAC_PREFIX = 'whsec_';
const ED25519_PREFIX = 'whsk_';
const ED25519_PUBLIC_PREFIX = 'whpk_';
const HMAC_SECRET_BYTES = 32;
const ED25519_SEED_BYTES = 32;
const MAX_KEPT_KEYS = 2_000;

export function newSecret(signing: Signing): NewSecret {
  if (signing === 'hmac') return { secret: HMAC_PREFIX + randomBytes(HMAC_SECRET_BYTES).toString('base64'), publicKey: null };
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, publicBytes] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  return {
    secret: ED25519_PREFIX + Buffer.concat([seed, publicBytes]).toString('base64'),
    publicKey: ED25519_PUBLIC_PREFIX + publicBytes.toString('base64'),
  };
}

/**
 * The headers of Standard Webhooks: one signature for each secret, so that a receiver may still know the old or already the new one.
 * @param timestampS of the attempt, not of the event
 */
export function signedHeaders(id: string, timestampS: number, body: string, secrets: readonly string[]): Record<string, string> {
  const content = `${id}.${timestampS}.${body}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': secrets.map((secret) => signature(secret, content)).join(' '),
  };
}

function signature(secret: string, content: string): string {
  const key = keyOf(secret);
  if (key.type === 'secret') return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
}

const keys = new Map<string, KeyObject>();

/** Kept, since a key takes longer to make than to sign with, of either kind. */
function keyOf(secret: string): KeyObject {
  const kept = keys.get(secret);
  if (kept) return kept;
  if (keys.size >= MAX_KEPT_KEYS) keys.clear();
  const key = parseSecret(secret);
  keys.set(secret, key);
  return key;
}

function parseSecret(secret: string): KeyObject {
  if (secret.startsWith(HMAC_PREFIX)) return createSecretKey(secret.slice(HMAC_PREFIX.length), 'base64');
  const bytes = Buffer.from(secret.slice(ED25519_PREFIX.length), 'base64');
  const [d, x] = [bytes.subarray(0, ED25519_SEED_BYTES), bytes.subarray(ED25519_SEED_BYTES)].map((part) => part.toString('base64url'));
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
}
