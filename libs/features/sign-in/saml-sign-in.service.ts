import { createHash, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { SAML } from '@node-saml/node-saml';
import type { NamedRefusal } from '#contracts/problems';
import { personOf, SAML_CLOCK_SKEW_MS, type SamlAssertion, type SamlRefusal } from '#core/access/saml-answer';
import { Arrivals, SIGN_IN_REFUSED } from '#features/sign-in/arrivals';
import { KnownConnections, type SamlConnection } from '#features/sign-in/known-connections.service';
import { PENDING_MINUTES } from '#features/sign-in/pending';
import { proveAssertion } from '#features/sign-in/saml/prove-assertion';
import type { SamlProvider } from '#features/sign-in/saml/provider-metadata';
import { NOT_FOUND } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** How long the browser may take from the answer to its session: one redirect. */
const ARRIVAL_SECONDS = 60;
const MAX_NAME_CHARACTERS = 120;

/** URLs of one connection, at which no other connection's answers are taken. */
export interface ConnectionUrls {
  /** Where the provider sends its answers; its assertion consumer service. */
  assertionUrl: string;
  /** The name under which the provider knows the connection; its metadata are there. */
  entityId: string;
}

interface Ready extends Omit<SamlConnection, 'settings'> {
  settings: SamlProvider & { allowsIdpInitiated: boolean };
}

/**
 * Sign-in by SAML 2.0. The answer comes as a POST from another site, so no cookie of ours comes with it: it is bound by RelayState to
 * what was asked for, and the browser fetches its session by a code, once, with the cookie that it was given at the start.
 */
@Injectable()
export class SamlSignIn {
  private readonly logger = new Logger(SamlSignIn.name);

  constructor(
    private readonly db: HotPool,
    private readonly connections: KnownConnections,
    private readonly arrivals: Arrivals,
  ) {}

  /** @returns where to send the browser, and what it must come back with */
  async start(
    connection: SamlConnection,
    returnTo: string,
    urls: ConnectionUrls,
  ): Promise<{ url: string; browser: string } | NamedRefusal> {
    if (!isReady(connection)) return NOT_FOUND;
    const { tenantId, id, settings } = connection;
    const [relayState, browser] = [aSecret(), aSecret()];
    const requestId = `_${randomBytes(20).toString('hex')}`;
    await this.db.transaction('start sign-in', [tenantId], async (tx) => {
      await tx.query('DELETE FROM pending_sign_ins WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
      await tx.query(
        `INSERT INTO pending_sign_ins (tenant_id, connection_id, state_sha256, browser_sha256, request_id, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(mins => $7))`,
        [tenantId, id, hashOf(relayState), hashOf(browser), requestId, returnTo, PENDING_MINUTES],
      );
    });
    const saml = new SAML({
      callbackUrl: urls.assertionUrl,
      issuer: urls.entityId,
      idpCert: settings.certificates,
      entryPoint: settings.ssoUrl,
      identifierFormat: null,
      disableRequestedAuthnContext: true, // how people prove themselves is their organization's own choice
      generateUniqueId: () => requestId,
    });
    return { url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}), browser };
  }

  /** Takes an answer. @returns the code by which the browser fetches its session */
  async answer(
    id: string,
    { samlResponse, relayState }: { samlResponse: string; relayState: string },
    urls: ConnectionUrls,
  ): Promise<{ code: string } | NamedRefusal> {
    const connection = await this.connection(id);
    if (!connection) return SIGN_IN_REFUSED;
    const pending = await this.taken(connection, relayState);
    if (!pending && !connection.settings.allowsIdpInitiated) return this.refused(connection, 'wrong_request');
    const { issuer, certificates } = connection.settings;
    const expected = { issuer, assertionUrl: urls.assertionUrl, audience: urls.entityId, requestId: pending?.requestId };
    const assertion = await proveAssertion(samlResponse, certificates, expected, new Date());
    if ('refused' in assertion) return this.refused(connection, assertion.refused);
    const person = personOf(assertion.claims);
    if (!person) return this.refused(connection, 'no_email');
    const code = aSecret();
    const isNew = await this.db.transaction('take assertion', [connection.tenantId], async (tx) => {
      const { tenantId } = connection;
      await tx.query('DELETE FROM used_assertions WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
      await tx.query('DELETE FROM arrivals WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
      const used = await tx.query(
        `INSERT INTO used_assertions (tenant_id, connection_id, assertion_sha256, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING 1`,
        [tenantId, id, hashOf(assertion.id as string), lastUse(assertion)],
      );
      if (used.length === 0) return false;
      await tx.query(
        `INSERT INTO arrivals (tenant_id, connection_id, code_sha256, browser_sha256, email, name, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))`,
        [
          tenantId,
          id,
          hashOf(code),
          pending?.browserSha256 ?? null,
          person.email,
          (person.name ?? person.email).slice(0, MAX_NAME_CHARACTERS),
          pending?.returnTo ?? '/',
          ARRIVAL_SECONDS,
        ],
      );
      return true;
    });
    return isNew ? { code } : this.refused(connection, 'used_already');
  }

  /** The session of somebody whose answer was taken, once, for the browser that asked. */
  async finish(
    id: string,
    { code, browser, replaces }: { code: string; browser: string | undefined; replaces: string | undefined },
  ): Promise<{ token: string; returnTo: string } | NamedRefusal> {
    const connection = await this.connection(id);
    if (!connection) return SIGN_IN_REFUSED;
    const { tenantId } = connection;
    const [arrival] = await this.db.transaction('take arrival', [tenantId], (tx) =>
      tx.query<{ email: string; name: string; returnTo: string; isOurs: boolean }>(
        `DELETE FROM arrivals WHERE tenant_id = $1 AND connection_id = $2 AND code_sha256 = $3 AND expires_at > now()
         RETURNING email, name, return_to AS "returnTo", (browser_sha256 IS NULL OR browser_sha256 = $4) AS "isOurs"`,
        [tenantId, id, hashOf(code), hashOf(browser ?? '')],
      ),
    );
    if (!arrival?.isOurs) return SIGN_IN_REFUSED;
    const { email, name, returnTo } = arrival;
    return this.db.transaction('sign in', [tenantId], (tx) =>
      this.arrivals.letIn(tx, connection, { email, name, method: 'saml', returnTo, replaces }),
    );
  }

  private async connection(id: string): Promise<Ready | undefined> {
    const connection = await this.connections.byId(id);
    return connection?.kind === 'saml' && isReady(connection) ? connection : undefined;
  }

  /** What was asked for, once. */
  private async taken({ tenantId, id }: Ready, relayState: string) {
    const [pending] = await this.db.transaction('take sign-in', [tenantId], (tx) =>
      tx.query<{ requestId: string; returnTo: string; browserSha256: Buffer }>(
        `DELETE FROM pending_sign_ins
          WHERE tenant_id = $1 AND connection_id = $2 AND state_sha256 = $3 AND request_id IS NOT NULL AND expires_at > now()
         RETURNING request_id AS "requestId", return_to AS "returnTo", browser_sha256 AS "browserSha256"`,
        [tenantId, id, hashOf(relayState)],
      ),
    );
    return pending;
  }

  /** Which rule was broken is told by its name: it helps whoever sets a provider up, and forgers know the rules. */
  private refused({ id }: Ready, rule: SamlRefusal): NamedRefusal {
    this.logger.warn(`A sign-in by SAML was refused: ${rule} (connection ${id})`);
    return { ...SIGN_IN_REFUSED, facts: { rule } };
  }
}

function isReady(connection: SamlConnection): connection is Ready {
  const { issuer, ssoUrl, certificates } = connection.settings;
  return issuer !== undefined && ssoUrl !== undefined && certificates !== undefined;
}

/** Until then an assertion could be sent again. */
function lastUse({ notOnOrAfter }: SamlAssertion): Date {
  return new Date((notOnOrAfter as Date).getTime() + SAML_CLOCK_SKEW_MS);
}

function aSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
