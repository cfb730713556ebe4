import { createHash, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { NamedRefusal } from '#contracts/problems';
import { Arrivals, SIGN_IN_REFUSED } from '#features/sign-in/arrivals';
import { guardedFetch } from '#features/sign-in/guarded-fetch';
import { KnownConnections, type OidcConnection } from '#features/sign-in/known-connections.service';
import { PENDING_MINUTES } from '#features/sign-in/pending';
import { DatabaseUnavailable } from '#platform/database/failures';
import { HotPool } from '#platform/database/hot-pool';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

const MAX_NAME_CHARACTERS = 120;

interface Pending {
  nonce: string;
  codeVerifier: string;
  returnTo: string;
}

/**
 * Sign-in by OpenID Connect with PKCE, state and nonce. What was asked for waits in Postgres, is bound to the browser, and is used once.
 */
@Injectable()
export class OidcSignIn {
  private readonly logger = new Logger(OidcSignIn.name);

  constructor(
    private readonly db: HotPool,
    private readonly outbound: OutboundClient,
    private readonly connections: KnownConnections,
    private readonly arrivals: Arrivals,
  ) {}

  /** @returns where to send the browser, and what it must come back with */
  async start(
    connection: OidcConnection,
    { email, returnTo, callbackUrl }: { email: string; returnTo: string; callbackUrl: string },
  ): Promise<{ url: string; browser: string } | NamedRefusal> {
    const config = await this.orRefused(() => this.configuration(connection));
    if (config === undefined) return SIGN_IN_REFUSED;
    const [state, nonce, codeVerifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const browser = randomBytes(32).toString('base64url');
    await this.db.transaction('start sign-in', [connection.tenantId], async (tx) => {
      await tx.query('DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND expires_at < now()', [connection.tenantId]);
      await tx.query(
        `INSERT INTO pending_sign_ins (tenant_id, connection_id, state_sha256, browser_sha256, nonce, code_verifier, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(mins => $8))`,
        [connection.tenantId, connection.id, hashOf(state), hashOf(browser), nonce, codeVerifier, returnTo, PENDING_MINUTES],
      );
    });
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: callbackUrl,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      login_hint: email,
    });
    return { url: url.href, browser };
  }

  /** @param current the URL that the browser came back to, whole */
  async finish(
    id: string,
    { current, browser, replaces }: { current: URL; browser: string | undefined; replaces?: string },
  ): Promise<{ token: string; returnTo: string } | NamedRefusal> {
    const connection = await this.connections.byId(id);
    const state = current.searchParams.get('state');
    if (connection?.kind !== 'oidc' || !state || !browser) return SIGN_IN_REFUSED;
    const pending = await this.taken(connection, state, browser);
    if (!pending) return SIGN_IN_REFUSED;
    const claims = await this.orRefused(async () => {
      const tokens = await oidc.authorizationCodeGrant(await this.configuration(connection), current, {
        expectedState: state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      });
      return tokens.claims();
    });
    if (!claims) return SIGN_IN_REFUSED;
    const email = typeof claims.email === 'string' ? claims.email.toLowerCase() : '';
    if (!email || claims.email_verified === false)
      return { ...SIGN_IN_REFUSED, detail: 'The identity provider named no verified e-mail address' };
    const name = typeof claims.name === 'string' && claims.name.trim() ? claims.name.trim().slice(0, MAX_NAME_CHARACTERS) : email;
    const { returnTo } = pending;
    return this.db.transaction('sign in', [connection.tenantId], (tx) =>
      this.arrivals.letIn(tx, connection, { email, name, method: 'oidc', returnTo, replaces }),
    );
  }

  /** What was asked for, once: whoever comes second with the same state finds nothing. */
  private async taken({ tenantId, id }: OidcConnection, state: string, browser: string): Promise<Pending | undefined> {
    const [pending] = await this.db.transaction('take sign-in', [tenantId], (tx) =>
      tx.query<Pending & { isOurs: boolean }>(
        `DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND connection_id = $2 AND state_sha256 = $3 AND expires_at > now()
         RETURNING nonce, code_verifier AS "codeVerifier", return_to AS "returnTo", browser_sha256 = $4 AS "isOurs"`,
        [tenantId, id, hashOf(state), hashOf(browser)],
      ),
    );
    return pending?.isOurs ? pending : undefined;
  }

  private async configuration({ settings, secret }: OidcConnection): Promise<oidc.Configuration> {
    const issuer = new URL(settings.issuer);
    const execute = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
    const options = { [oidc.customFetch]: guardedFetch(this.outbound), execute };
    return oidc.discovery(issuer, settings.clientId, undefined, oidc.ClientSecretPost(secret), options);
  }

  /** What the provider or the browser did wrong is told to nobody but the log, by its name. */
  private async orRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof DatabaseUnavailable || !(error instanceof Error)) throw error;
      this.logger.warn(`A sign-in by OpenID Connect was refused: ${error.name} ${'code' in error ? String(error.code) : ''}`);
      return undefined;
    }
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
