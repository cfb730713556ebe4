import { createHash, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { NamedRefusal } from '#contracts/problems';
import { domainOf } from '#core/access/domains';
import type { MemberRole } from '#core/access/scopes';
import { recordAudit } from '#features/audit/audit.service';
import { guardedFetch } from '#features/sign-in/guarded-fetch';
import { SessionsService } from '#features/sign-in/sessions.service';
import { MembersService } from '#features/tenants/members.service';
import { DatabaseUnavailable } from '#platform/database/failures';
import { HotPool } from '#platform/database/hot-pool';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

/** How long somebody may take at their identity provider. */
const PENDING_MINUTES = 10;
const MAX_NAME_CHARACTERS = 120;

interface Connection {
  tenantId: string;
  id: string;
  settings: { issuer: string; clientId: string };
  secret: string;
  defaultRole: Exclude<MemberRole, 'owner'>;
}

interface Pending {
  nonce: string;
  codeVerifier: string;
  returnTo: string;
}

const UNKNOWN_DOMAIN: NamedRefusal = {
  refused: 'not_found',
  detail: 'No identity provider is connected for this e-mail domain: ask an owner of your organization, or sign in by password as an owner',
};
const REFUSED: NamedRefusal = { refused: 'sign_in_refused', detail: 'The sign-in could not be proven: start again' };

/**
 * Sign-in by OpenID Connect with PKCE, state and nonce. What was asked for waits in Postgres, is bound to the browser, and is used once.
 * A provider speaks only for the proven e-mail domains of its own tenant.
 */
@Injectable()
export class OidcSignIn {
  private readonly logger = new Logger(OidcSignIn.name);

  constructor(
    private readonly db: HotPool,
    private readonly outbound: OutboundClient,
    private readonly members: MembersService,
    private readonly sessions: SessionsService,
  ) {}

  /** @returns where to send the browser, and what it must come back with */
  async start(
    { email, returnTo }: { email: string; returnTo: string },
    callbackOf: (id: string) => string,
  ): Promise<{ url: string; browser: string } | NamedRefusal> {
    const [found] = await this.db.query<{ tenant_id: string; id: string }>('SELECT * FROM connection_for($1)', [domainOf(email)]);
    const connection = found && (await this.connection(found.tenant_id, found.id));
    if (!connection) return UNKNOWN_DOMAIN;
    const config = await this.orRefused(() => this.configuration(connection));
    if (config === undefined) return REFUSED;
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
      redirect_uri: callbackOf(connection.id),
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
    const [found] = await this.db.query<{ tenant_id: string | null }>('SELECT tenant_of_connection($1) AS tenant_id', [id]);
    const connection = found?.tenant_id ? await this.connection(found.tenant_id, id) : undefined;
    const state = current.searchParams.get('state');
    if (!connection || !state || !browser) return REFUSED;
    const pending = await this.taken(connection, state, browser);
    if (!pending) return REFUSED;
    const claims = await this.orRefused(async () => {
      const tokens = await oidc.authorizationCodeGrant(await this.configuration(connection), current, {
        expectedState: state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      });
      return tokens.claims();
    });
    if (!claims) return REFUSED;
    const email = typeof claims.email === 'string' ? claims.email.toLowerCase() : '';
    if (!email || claims.email_verified === false) return { ...REFUSED, detail: 'The identity provider named no verified e-mail address' };
    const name = typeof claims.name === 'string' && claims.name.trim() ? claims.name.trim().slice(0, MAX_NAME_CHARACTERS) : email;
    return this.letIn(connection, { email, name }, pending.returnTo, replaces);
  }

  private async letIn(connection: Connection, who: { email: string; name: string }, returnTo: string, replaces: string | undefined) {
    const { tenantId, id, defaultRole: role } = connection;
    return this.db.transaction('sign in', [tenantId], async (tx): Promise<{ token: string; returnTo: string } | NamedRefusal> => {
      const proven = await tx.query('SELECT 1 FROM sign_in_domains WHERE tenant_id = $1 AND domain = $2 AND verified_at IS NOT NULL', [
        tenantId,
        domainOf(who.email),
      ]);
      if (proven.length === 0) return { ...REFUSED, detail: 'The identity provider may not speak for this e-mail domain' };
      const member = await this.members.joined(tx, tenantId, { ...who, role });
      if ('refused' in member) return member;
      const { memberId, personId } = member;
      const actor = { kind: 'person', id: memberId, tenantId } as const;
      await recordAudit(tx, [{ tenantId, actor, action: 'sign_in.opened', targetId: memberId, data: { connectionId: id } }]);
      const token = await this.sessions.open(tx, { personId, isStaff: false, members: [{ tenantId, memberId }], method: 'oidc', replaces });
      return { token, returnTo };
    });
  }

  /** What was asked for, once: whoever comes second with the same state finds nothing. */
  private async taken({ tenantId, id }: Connection, state: string, browser: string): Promise<Pending | undefined> {
    const [pending] = await this.db.transaction('take sign-in', [tenantId], (tx) =>
      tx.query<Pending & { isOurs: boolean }>(
        `DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND connection_id = $2 AND state_sha256 = $3 AND expires_at > now()
         RETURNING nonce, code_verifier AS "codeVerifier", return_to AS "returnTo", browser_sha256 = $4 AS "isOurs"`,
        [tenantId, id, hashOf(state), hashOf(browser)],
      ),
    );
    return pending?.isOurs ? pending : undefined;
  }

  private async connection(tenantId: string, id: string): Promise<Connection | undefined> {
    const [row] = await this.db.transaction('sign-in connection', [tenantId], (tx) =>
      tx.query<Omit<Connection, 'tenantId'>>(
        `SELECT id, settings, secret, default_role AS "defaultRole" FROM sign_in_connections
          WHERE tenant_id = $1 AND id = $2 AND kind = 'oidc' AND removed_at IS NULL`,
        [tenantId, id],
      ),
    );
    return row && { ...row, tenantId };
  }

  private async configuration({ settings, secret }: Connection): Promise<oidc.Configuration> {
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
