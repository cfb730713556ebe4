import { Injectable, Logger } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { Claims } from '#core/access/claims';
import { guardedFetch, ProviderAway } from '#features/sign-in/guarded-fetch';
import type { OidcConnection } from '#features/sign-in/known-connections.service';
import type { ProviderWord } from '#features/sign-in/provider-word';
import { DatabaseUnavailable } from '#platform/database/failures';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

const MAX_DETAIL_CHARACTERS = 300;
/** Of the protocol, not of the person. */
const NO_CLAIMS = new Set([
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'azp',
  'jti',
  'auth_time',
  'acr',
  'amr',
  'sid',
]);

/** Calls to identity providers by OpenID Connect. */
@Injectable()
export class OidcCalls {
  private readonly logger = new Logger(OidcCalls.name);

  constructor(private readonly outbound: OutboundClient) {}

  /** Where to send a browser. */
  async authorizationUrl(
    connection: OidcConnection,
    parameters: Record<string, string>,
  ): Promise<{ url: string } | { rule: string; detail: string }> {
    return this.orRule(async () => ({ url: oidc.buildAuthorizationUrl(await this.configuration(connection), parameters).href }));
  }

  /** What the provider says of whoever came back. @param current the URL that the browser came back to, whole */
  async claims(
    connection: OidcConnection,
    current: URL,
    { state, nonce, codeVerifier }: { state: string; nonce: string; codeVerifier: string },
  ): Promise<ProviderWord> {
    return this.orRule(async () => {
      const tokens = await oidc.authorizationCodeGrant(await this.configuration(connection), current, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      return { claims: asClaims(tokens.claims() ?? {}) };
    });
  }

  private async configuration({ settings, secret }: OidcConnection): Promise<oidc.Configuration> {
    const issuer = new URL(settings.issuer);
    const execute = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
    const options = { [oidc.customFetch]: guardedFetch(this.outbound), execute };
    return oidc.discovery(issuer, settings.clientId, undefined, oidc.ClientSecretPost(secret), options);
  }

  /** What the provider or the browser did wrong goes to the log by its name alone, and to whoever tests the connection. */
  private async orRule<T>(ask: () => Promise<T>): Promise<T | { rule: string; detail: string }> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof DatabaseUnavailable || !(error instanceof Error)) throw error;
      const code = 'code' in error ? String(error.code) : '';
      this.logger.warn(`A sign-in by OpenID Connect was refused: ${error.name} ${code}`);
      return {
        rule: error instanceof ProviderAway || error.cause instanceof ProviderAway ? 'provider_away' : ruleOf(error),
        detail: detailOf(error),
      };
    }
  }
}

/** The provider's own word for it, where it said one. */
function ruleOf(error: Error): string {
  return 'error' in error && typeof error.error === 'string' && /^[a-z_]{1,40}$/.test(error.error) ? error.error : 'bad_answer';
}

function detailOf(error: Error): string {
  const said =
    'error_description' in error ? String(error.error_description) : error.cause instanceof Error ? error.cause.message : error.message;
  return said.slice(0, MAX_DETAIL_CHARACTERS);
}

function asClaims(said: Readonly<Record<string, unknown>>): Claims {
  const texts = (value: unknown): string[] =>
    (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
  return Object.fromEntries(
    Object.entries(said)
      .filter(([name]) => !NO_CLAIMS.has(name))
      .map(([name, value]) => [name, texts(value)]),
  );
}
