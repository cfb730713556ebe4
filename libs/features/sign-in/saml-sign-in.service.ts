import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { SAML } from '@node-saml/node-saml';
import type { NamedRefusal } from '#contracts/problems';
import { personOf } from '#core/access/claims';
import { SAML_CLOCK_SKEW_MS, type SamlAssertion, type SamlRefusal } from '#core/access/saml-answer';
import { Arrivals, SIGN_IN_REFUSED, type SignedInTo } from '#features/sign-in/arrivals';
import { ConnectionTests } from '#features/sign-in/connection-tests.service';
import { KnownConnections, type SamlConnection } from '#features/sign-in/known-connections.service';
import { aSecret, type Errand, hashOf, keepPending, type Pending, takePending } from '#features/sign-in/pending';
import { mappedBy } from '#features/sign-in/provider-word';
import { proveAssertion } from '#features/sign-in/saml/prove-assertion';
import { HotPool } from '#platform/database/hot-pool';

/** How long the browser may take from the answer to its session: one redirect. */
const ARRIVAL_SECONDS = 60;

/** URLs of one connection, at which no other connection's answers are taken. */
export interface ConnectionUrls {
  /** Where the provider sends its answers; its assertion consumer service. */
  assertionUrl: string;
  /** The name under which the provider knows the connection; its metadata are there. */
  entityId: string;
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
    private readonly tests: ConnectionTests,
    private readonly arrivals: Arrivals,
  ) {}

  /** @returns where to send the browser, and what it must come back with */
  async start(connection: SamlConnection, errand: Errand, urls: ConnectionUrls): Promise<{ url: string; browser: string }> {
    const { tenantId, settings } = connection;
    const [relayState, browser] = [aSecret(), aSecret()];
    const requestId = `_${randomBytes(20).toString('hex')}`;
    await this.db.transaction('start sign-in', [tenantId], (tx) =>
      keepPending(tx, connection, { ...errand, state: relayState, browser }, { requestId }),
    );
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

  /** Takes an answer. @returns the code by which the browser fetches its session, or the outcome of its test */
  async answer(
    id: string,
    { samlResponse, relayState }: { samlResponse: string; relayState: string },
    urls: ConnectionUrls,
  ): Promise<{ code: string } | NamedRefusal> {
    const tenantId = await this.connections.tenantOf(id);
    if (!tenantId) return SIGN_IN_REFUSED;
    const pending = await this.taken({ tenantId, id }, relayState);
    const connection = await this.connections.find(tenantId, id, pending?.testId ? 'tested' : 'live');
    if (connection?.kind !== 'saml') return SIGN_IN_REFUSED;
    if (!pending && !connection.allowsIdpInitiated) return this.refused(connection, 'wrong_request');
    const { issuer, certificates } = connection.settings;
    const expected = { issuer, assertionUrl: urls.assertionUrl, audience: urls.entityId, requestId: pending?.requestId };
    const assertion = await proveAssertion(samlResponse, certificates, expected, new Date());
    if (pending?.testId) {
      const word = 'refused' in assertion ? { rule: assertion.refused, claims: assertion.claims } : { claims: assertion.claims };
      const code = aSecret();
      const isKept = await this.tests.keepWord(connection, pending.testId, word, code);
      return isKept ? { code } : SIGN_IN_REFUSED;
    }
    if ('refused' in assertion) return this.refused(connection, assertion.refused);
    const person = personOf(mappedBy('saml', assertion.claims));
    if (!person) return this.refused(connection, 'no_email');
    const code = await this.arrived(connection, assertion, person, pending);
    return code ? { code } : this.refused(connection, 'used_already');
  }

  /** The session of somebody whose answer was taken, once, for the browser that asked; or where its test ends. */
  async finish(
    id: string,
    { code, browser, replaces }: { code: string; browser: string | undefined; replaces: string | undefined },
  ): Promise<SignedInTo | NamedRefusal> {
    const tenantId = await this.connections.tenantOf(id);
    if (!tenantId) return SIGN_IN_REFUSED;
    const [arrival] = await this.db.transaction('take arrival', [tenantId], (tx) =>
      tx.query<{ email: string; name: string; returnTo: string; isOurs: boolean }>(
        `DELETE FROM arrivals WHERE tenant_id = $1 AND connection_id = $2 AND code_sha256 = $3 AND expires_at > now()
         RETURNING email, name, return_to AS "returnTo", (browser_sha256 IS NULL OR browser_sha256 = $4) AS "isOurs"`,
        [tenantId, id, hashOf(code), hashOf(browser ?? '')],
      ),
    );
    if (!arrival) return this.finishTest(tenantId, id, code, browser);
    const connection = await this.connections.find(tenantId, id, 'live');
    if (!arrival.isOurs || !connection) return SIGN_IN_REFUSED;
    const { email, name, returnTo } = arrival;
    return this.db.transaction('sign in', [tenantId], (tx) =>
      this.arrivals.letIn(tx, connection, { email, name, method: 'saml', returnTo, replaces }),
    );
  }

  private async finishTest(tenantId: string, id: string, code: string, browser = ''): Promise<SignedInTo | NamedRefusal> {
    const connection = await this.connections.find(tenantId, id, 'tested');
    return (connection && (await this.tests.concludeByCode(connection, { code, browser }))) ?? SIGN_IN_REFUSED;
  }

  /** Keeps who is on their way to their session. @returns the code for it, unless the assertion was used before */
  private async arrived(
    { tenantId, id }: SamlConnection,
    assertion: SamlAssertion,
    { email, name }: { email: string; name: string },
    pending: Pending | undefined,
  ): Promise<string | undefined> {
    const code = aSecret();
    return this.db.transaction('take assertion', [tenantId], async (tx) => {
      await tx.query('DELETE FROM used_assertions WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
      await tx.query('DELETE FROM arrivals WHERE tenant_id = $1 AND expires_at < now()', [tenantId]);
      const used = await tx.query(
        `INSERT INTO used_assertions (tenant_id, connection_id, assertion_sha256, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING 1`,
        [tenantId, id, hashOf(assertion.id as string), lastUse(assertion)],
      );
      if (used.length === 0) return undefined;
      const { browserSha256 = null, returnTo = '/' } = pending ?? {};
      await tx.query(
        `INSERT INTO arrivals (tenant_id, connection_id, code_sha256, browser_sha256, email, name, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))`,
        [tenantId, id, hashOf(code), browserSha256, email, name, returnTo, ARRIVAL_SECONDS],
      );
      return code;
    });
  }

  private async taken(of: { tenantId: string; id: string }, relayState: string) {
    const pending = await this.db.transaction('take sign-in', [of.tenantId], (tx) => takePending(tx, of, relayState));
    return pending && isOfSaml(pending) ? pending : undefined;
  }

  /** Which rule was broken is told by its name: it helps whoever sets a provider up, and forgers know the rules. */
  private refused({ id }: SamlConnection, rule: SamlRefusal): NamedRefusal {
    this.logger.warn(`A sign-in by SAML was refused: ${rule} (connection ${id})`);
    return { ...SIGN_IN_REFUSED, facts: { rule } };
  }
}

function isOfSaml(pending: Pending): pending is Pending & { requestId: string } {
  return pending.requestId !== null;
}

/** Until then an assertion could be sent again. */
function lastUse({ notOnOrAfter }: SamlAssertion): Date {
  return new Date((notOnOrAfter as Date).getTime() + SAML_CLOCK_SKEW_MS);
}
