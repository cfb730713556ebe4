import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormBrowser } from '#infra/keycloak/form-browser';
import { KeycloakServer, unpackKeycloak } from '#infra/keycloak/keycloak-server';
import { realmOf, SAML_STARTS_AT } from '#infra/keycloak/realm';
import { freePort } from '#infra/local/free-port';
import { startPlatform } from '#infra/local/platform';
import type { RunJson } from '#infra/local/run-file';
import { removePostgresData } from '#infra/local/servers/postgres';
import { HotPool } from '#platform/database/hot-pool';

const CONNECTIONS = '/api/v1/sign-in/connections';

interface Person {
  email: string;
  password: string;
}

interface Connection {
  id: string;
  callbackUrl: string;
  entityId: string;
}

/**
 * Proves sign-in by a Keycloak of this machine's own against a Halogen of its own: OpenID Connect, and SAML begun by us and by Keycloak, each
 * set up, tested and turned on as a customer does. Needs Maven and a JDK of 17 or later. Both are gone afterwards.
 */
async function verify(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'halogen-keycloak-'));
  const homeDir = join(folder, 'home');
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true }), () => removePostgresData(homeDir)];
  try {
    console.log('Unpacking Keycloak …');
    const keycloakFolder = await unpackKeycloak(folder);
    console.log('Starting Halogen …');
    const platform = await startPlatform({ homeDir, quiet: true });
    stops.push(() => platform.stop());
    const person = { email: platform.run.signIn.owner.email, password: randomBytes(24).toString('hex') };
    const owner = await Owner.signIn(platform.run, person);
    await proveDomain(platform.run);
    const oidc = await owner.call<Connection>('POST', CONNECTIONS, { provider: 'oidc', name: 'Keycloak' });
    const saml = await owner.call<Connection>('POST', CONNECTIONS, { provider: 'saml', name: 'Keycloak', allowsIdpInitiated: true });
    const client = { clientId: 'halogen-oidc', clientSecret: randomBytes(24).toString('hex') };
    console.log('Starting Keycloak …');
    const realm = realmOf({ person, oidc: { ...client, callbackUrl: oidc.callbackUrl }, saml });
    const keycloak = await KeycloakServer.start(keycloakFolder, await freePort(), realm);
    stops.push(() => keycloak.stop());

    const check = new Check(platform.run, owner, person);
    await owner.call('PUT', `${CONNECTIONS}/${oidc.id}/provider`, { issuer: keycloak.issuer, ...client });
    await check.turnOn(oidc);
    await check.signsIn('OpenID Connect', 'oidc', check.start);
    await owner.call('PUT', `${CONNECTIONS}/${saml.id}/provider`, { metadataUrl: keycloak.samlMetadataUrl });
    await check.turnOn(saml);
    await owner.call('PATCH', '/api/v1/sign-in/domains/demo.example', { connectionId: saml.id });
    await check.signsIn('SAML begun by Halogen', 'saml', check.start);
    await check.signsIn('SAML begun by Keycloak', 'saml', `${keycloak.issuer}/protocol/saml/clients/${SAML_STARTS_AT}`);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** The demo tenant's owner, by their password. */
class Owner {
  private constructor(
    private readonly api: string,
    private readonly browser: FormBrowser,
    private readonly csrfToken: string,
  ) {}

  /** @param person as whom they sign in at Keycloak */
  static async signIn({ api, signIn }: RunJson, person: Person): Promise<Owner> {
    const { email, password } = signIn.owner;
    const browser = new FormBrowser({ username: person.email, password: person.password });
    const headers = { 'content-type': 'application/json' };
    const answer = await browser.ask(new URL('/api/v1/sign-in', api), undefined, {
      method: 'POST',
      headers,
      body: JSON.stringify({ email, password }),
    });
    return new Owner(api, browser, ((await answer.json()) as { csrfToken: string }).csrfToken);
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { 'content-type': 'application/json', 'x-halogen-csrf': this.csrfToken };
    const answer = await this.browser.ask(new URL(path, this.api), undefined, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A test is concluded by the browser that began it. */
  async test(id: string): Promise<void> {
    const { url } = await this.call<{ url: string }>('POST', `${CONNECTIONS}/${id}/test`, { returnTo: '/sign-in' });
    await this.browser.walk(url, this.api);
  }
}

/** What each way in has to show. */
class Check {
  constructor(
    private readonly run: RunJson,
    private readonly owner: Owner,
    private readonly person: Person,
  ) {}

  get start(): string {
    return `${this.run.api}/api/v1/sign-in/start?${new URLSearchParams({ email: this.person.email })}`;
  }

  async turnOn({ id }: Connection): Promise<void> {
    await this.owner.test(id);
    const { test } = await this.owner.call<{ test: { outcome: { passed: boolean; isByOwner: boolean } } }>(
      'GET',
      `${CONNECTIONS}/${id}/test`,
    );
    if (!test.outcome?.passed || !test.outcome.isByOwner) throw new Error(`the test did not pass: ${JSON.stringify(test)}`);
    await this.owner.call('PATCH', `${CONNECTIONS}/${id}`, { state: 'optional' });
  }

  async signsIn(name: string, method: 'oidc' | 'saml', from: string): Promise<void> {
    const { email, password } = this.person;
    const browser = new FormBrowser({ username: email, password });
    const led = await browser.walk(from, this.run.api);
    const answer = await browser.ask(new URL('/api/v1/me', this.run.api));
    const me = (await answer.json()) as { person?: { email: string }; tenants?: { signedInBy: string }[] };
    if (me.person?.email !== email || me.tenants?.[0]?.signedInBy !== method) {
      throw new Error(`${name}: nobody was signed in, and the browser was led to ${led.pathname}${led.search}`);
    }
    console.log(`${name}: signed in as ${email}`);
  }
}

/** As the domain's DNS would: there is none for `.example`. */
async function proveDomain({ postgres }: RunJson): Promise<void> {
  const pool = new HotPool({ url: postgres, applicationName: 'verify-keycloak', maxConnections: 1 });
  await pool.query(
    `INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at)
     SELECT tenant_id, 'demo.example', 'none', now() FROM members WHERE email = 'owner@demo.example'`,
  );
  await pool.close();
}

const HELP = `npm run verify:keycloak

Proves sign-in by a Keycloak of this machine's own against a Halogen of its own: OpenID Connect, and SAML begun by either. Needs Maven and a
JDK of 17 or later; both servers are gone afterwards. It takes no options but --help.`;

const [first] = process.argv.slice(2);
if (first === undefined) await verify();
else if (first === '--help') console.log(HELP);
else {
  console.error(`halogen: unknown option "${first}". See npm run verify:keycloak -- --help`);
  process.exitCode = 1;
}
