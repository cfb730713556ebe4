import { expect } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { type Departure, requestIn, type SamlRequest, samlAnswer } from '#apps/api/testing/saml-answers';
import { turnOn } from '#apps/api/testing/turn-on';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { selfSigned } from '#testing/self-signed';

export const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000);
export const OUR_ISSUER = 'https://idp.ours.example/saml';
export const THEIR_ISSUER = 'https://idp.theirs.example/saml';
export const OUR_KEY = selfSigned('ours', IN_A_YEAR);
export const THEIR_KEY = selfSigned('theirs', IN_A_YEAR);

export interface Connection {
  id: string;
  callbackUrl: string;
  entityId: string;
}

interface TenantWithProvider {
  tenantId: string;
  connection: Connection;
}

/** The rule that refused an answer, or where it led. */
export function ruleIn(led: string): string {
  return new URLSearchParams(led.split('?')[1]).get('rule') ?? led;
}

/** Two tenants with an identity provider each. Proven domains: ours.example is ours, theirs.example is theirs. */
export class SamlTenants {
  ours!: TenantWithProvider;
  theirs!: TenantWithProvider;

  private constructor(
    readonly api: ApiUnderTest,
    readonly owner: HotPool,
  ) {}

  static async start(): Promise<SamlTenants> {
    const api = await ApiUnderTest.start();
    const owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
    const tenants = new SamlTenants(api, owner);
    tenants.ours = await tenants.join('ours.example', { issuer: OUR_ISSUER, certificates: [OUR_KEY.certificatePem] });
    tenants.theirs = await tenants.join('theirs.example', { issuer: THEIR_ISSUER, certificates: [THEIR_KEY.certificatePem] });
    return tenants;
  }

  async stop(): Promise<void> {
    await this.owner.close();
    await this.api.stop();
  }

  /** Another tenant whose people sign in by this provider. */
  async join(
    domain: string,
    provider: { issuer: string; certificates: string[] },
    more: Record<string, unknown> = {},
  ): Promise<TenantWithProvider> {
    const tenantId = await aTenant(this.api.control, 0n);
    const as = await this.api.aSession(tenantId, 'owner');
    const wanted = { provider: 'saml', name: 'Our provider', defaultRole: 'creator', ...more };
    const made = await this.api.call(as, 'POST', '/api/v1/sign-in/connections', wanted);
    expect(made.status).toBe(201);
    const path = `/api/v1/sign-in/connections/${made.body.id}/provider`;
    const set = await this.api.call(as, 'PUT', path, { ...provider, ssoUrl: 'https://idp.example/sso' });
    expect([set.status, set.body.edited.certificates.length]).toEqual([200, provider.certificates.length]);
    await turnOn(this.owner, made.body.id);
    await this.owner.query(`INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at) VALUES ($1, $2, 'x', now())`, [
      tenantId,
      domain,
    ]);
    return { tenantId, connection: set.body };
  }

  /** What a browser holds after it was sent away. */
  async begin(email = 'ann@ours.example'): Promise<SamlRequest & { cookie: string }> {
    const query = new URLSearchParams({ email, returnTo: '/work' });
    const { status, headers, cookie } = await this.api.call(null, 'GET', `/api/v1/sign-in/start?${query}`);
    expect(status).toBe(303);
    return { ...requestIn(String(headers.location)), cookie: (cookie as string).split(';')[0] as string };
  }

  /** Posts an answer as the provider's page does: from another site, so without our cookies. @returns where it leads */
  async post(url: string, xml: string, relayState: string): Promise<string> {
    const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState });
    const answer = await this.api.form(new URL(url).pathname, form);
    expect(answer.status).toBe(303);
    expect(answer.headers['set-cookie']).toBeUndefined();
    return String(answer.headers.location);
  }

  arrive(url: string, cookie: string) {
    const { pathname, search } = new URL(url);
    return this.api.call(null, 'GET', pathname + search, undefined, { cookie });
  }

  /** @returns the rule that refused an answer which departs so, or where it led */
  async ruleFor(departure: Departure): Promise<string> {
    const request = await this.begin();
    return ruleIn(await this.post(request.assertionUrl, samlAnswer(OUR_ISSUER, OUR_KEY, request, departure), request.relayState));
  }

  membersOf({ tenantId }: TenantWithProvider, email: string) {
    return this.api.control.query<{ role: string; name: string }>('SELECT role, name FROM members WHERE tenant_id = $1 AND email = $2', [
      tenantId,
      email,
    ]);
  }
}
