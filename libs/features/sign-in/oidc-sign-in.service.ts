import { Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { NamedRefusal } from '#contracts/problems';
import { personOf } from '#core/access/claims';
import { Arrivals, SIGN_IN_REFUSED, type SignedInTo } from '#features/sign-in/arrivals';
import { ConnectionTests } from '#features/sign-in/connection-tests.service';
import { KnownConnections, type OidcConnection } from '#features/sign-in/known-connections.service';
import { OidcCalls } from '#features/sign-in/oidc-calls';
import { aSecret, type Errand, hashOf, keepPending, type Pending, takePending } from '#features/sign-in/pending';
import { mappedBy } from '#features/sign-in/provider-word';
import { HotPool } from '#platform/database/hot-pool';

/**
 * Sign-in by OpenID Connect with PKCE, state and nonce. What was asked for waits in Postgres, is bound to the browser, and is used once.
 */
@Injectable()
export class OidcSignIn {
  constructor(
    private readonly db: HotPool,
    private readonly calls: OidcCalls,
    private readonly connections: KnownConnections,
    private readonly tests: ConnectionTests,
    private readonly arrivals: Arrivals,
  ) {}

  /** @returns where to send the browser, and what it must come back with */
  async start(
    connection: OidcConnection,
    { email, callbackUrl, ...errand }: Errand & { email?: string; callbackUrl: string },
  ): Promise<{ url: string; browser: string } | NamedRefusal> {
    const [state, nonce, codeVerifier, browser] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier(), aSecret()];
    const asked = await this.calls.authorizationUrl(connection, {
      redirect_uri: callbackUrl,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(email && { login_hint: email }),
    });
    if ('rule' in asked) {
      if (!errand.testId) return SIGN_IN_REFUSED;
      return { refused: 'not_possible', detail: `The identity provider cannot be asked (${asked.rule}): ${asked.detail}` };
    }
    await this.db.transaction('start sign-in', [connection.tenantId], (tx) =>
      keepPending(tx, connection, { ...errand, state, browser }, { nonce, codeVerifier }),
    );
    return { url: asked.url, browser };
  }

  /** @param current the URL that the browser came back to, whole */
  async finish(
    id: string,
    { current, browser, replaces }: { current: URL; browser: string | undefined; replaces?: string },
  ): Promise<SignedInTo | NamedRefusal> {
    const tenantId = await this.connections.tenantOf(id);
    const state = current.searchParams.get('state');
    if (!tenantId || !state || !browser) return SIGN_IN_REFUSED;
    const pending = await this.taken({ tenantId, id }, state, browser);
    if (!pending) return SIGN_IN_REFUSED;
    const { nonce, codeVerifier, returnTo, testId } = pending;
    const connection = await this.connections.find(tenantId, id, testId ? 'tested' : 'live');
    if (connection?.kind !== 'oidc') return SIGN_IN_REFUSED;
    const word = await this.calls.claims(connection, current, { state, nonce, codeVerifier });
    if (testId) {
      await this.tests.conclude(connection, testId, word);
      return { returnTo };
    }
    if ('rule' in word) return SIGN_IN_REFUSED;
    const person = personOf(mappedBy('oidc', word.claims));
    if (!person) return { ...SIGN_IN_REFUSED, detail: 'The identity provider named no verified e-mail address' };
    return this.db.transaction('sign in', [tenantId], (tx) =>
      this.arrivals.letIn(tx, connection, { ...person, method: 'oidc', returnTo, replaces }),
    );
  }

  private async taken(of: { tenantId: string; id: string }, state: string, browser: string) {
    const pending = await this.db.transaction('take sign-in', [of.tenantId], (tx) => takePending(tx, of, state));
    return pending && isOfOidc(pending) && pending.browserSha256.equals(hashOf(browser)) ? pending : undefined;
  }
}

function isOfOidc(pending: Pending): pending is Pending & { nonce: string; codeVerifier: string } {
  return pending.nonce !== null && pending.codeVerifier !== null;
}
