import { createHash, randomBytes } from 'node:crypto';
import type { Tx } from '#platform/database/tx';

/** How long somebody may take at their identity provider. */
const PENDING_MINUTES = 10;

/** What only this sign-in's answer fits. SAML has the id of its request, OpenID Connect a nonce and a code verifier. */
type Binding = { requestId: string } | { nonce: string; codeVerifier: string };

/** A sign-in that is on its way. */
export interface Pending {
  nonce: string | null;
  codeVerifier: string | null;
  requestId: string | null;
  returnTo: string;
  browserSha256: Buffer;
  /** Set when it is a test of the connection. */
  testId: string | null;
}

interface OfConnection {
  tenantId: string;
  id: string;
}

/** Where somebody goes back to, and the test that it is, if it is one. */
export interface Errand {
  returnTo: string;
  testId?: string;
}

export async function keepPending(
  tx: Tx,
  { tenantId, id }: OfConnection,
  { state, browser, returnTo, testId }: Errand & { state: string; browser: string },
  binding: Binding,
): Promise<void> {
  const { requestId = null, nonce = null, codeVerifier = null } = { ...binding } as Partial<Pending>;
  await tx.query('DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
  await tx.query(
    `INSERT INTO pending_sign_ins (tenant_id, connection_id, state_sha256, browser_sha256, request_id, nonce, code_verifier, return_to, test_id, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(mins => $10))`,
    [tenantId, id, hashOf(state), hashOf(browser), requestId, nonce, codeVerifier, returnTo, testId ?? null, PENDING_MINUTES],
  );
}

/** What was asked for, once: whoever comes second with the same state finds nothing. */
export async function takePending(tx: Tx, { tenantId, id }: OfConnection, state: string): Promise<Pending | undefined> {
  const [pending] = await tx.query<Pending>(
    `DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND connection_id = $2 AND state_sha256 = $3 AND expires_at > now()
     RETURNING nonce, code_verifier AS "codeVerifier", request_id AS "requestId", return_to AS "returnTo", browser_sha256 AS "browserSha256",
               test_id AS "testId"`,
    [tenantId, id, hashOf(state)],
  );
  return pending;
}

export function aSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
