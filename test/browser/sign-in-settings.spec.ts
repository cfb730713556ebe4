import { afterAll, beforeAll, expect, it } from 'vitest';
import { OidcProviderUnderTest } from '#apps/api/testing/oidc-provider-under-test';
import { SamlProviderUnderTest } from '#apps/api/testing/saml-provider-under-test';
import { HotPool } from '#platform/database/hot-pool';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage, expectGoodPage } from '#test/browser/good-page';
import { selfSigned } from '#testing/self-signed';

const SETTINGS = '/demo-agency/organization/sign-in';
const DOMAIN = 'demo.example';
const OWNER = `owner@${DOMAIN}`;
const IN_FIVE_DAYS = new Date(Date.now() + 5 * 86_400_000);

let platform: BrowserPlatform;
let database: HotPool;
let oidc: OidcProviderUnderTest;
let saml: SamlProviderUnderTest;
const samlKey = selfSigned('a provider', IN_FIVE_DAYS);

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  database = new HotPool({ url: platform.run.postgres, applicationName: 'browser-spec', maxConnections: 1 });
  oidc = await OidcProviderUnderTest.start();
  saml = await SamlProviderUnderTest.start(samlKey);
  await forgetSignIn(); // of a run before that ended early
});
afterAll(async () => {
  if (database) await forgetSignIn();
  await database?.close();
  await oidc?.stop();
  await saml?.stop();
  await platform?.leave();
});

async function forgetSignIn(): Promise<void> {
  await database.query('UPDATE sign_in_connections SET removed_at = now() WHERE removed_at IS NULL');
  await database.query('DELETE FROM sign_in_domains WHERE domain = $1', [DOMAIN]);
}

it('Sign-in is a good page', () => checkPage(platform, { name: 'sign-in-settings', path: SETTINGS, heading: 'Sign-in' }));

/** Made by the owner, as their IT gets it. */
async function aSetupLink(name: string): Promise<string> {
  const { page, complaints, close } = await platform.owner();
  await page.goto(SETTINGS);
  await page.getByRole('button', { name: 'Create set-up link' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Create set-up link' }).click();
  const secret = page.getByRole('dialog', { name: `Set-up link for ${name}` });
  const url = await secret.getByRole('code').textContent();
  await secret.getByRole('button', { name: 'I have stored it' }).click();
  await page.getByRole('table', { name: 'Set-up links' }).getByText(name).first().waitFor();
  expect(complaints).toEqual([]);
  await close();
  return url as string;
}

it('lets the customer’s IT set sign-in up by a link, from the domain to enforcing it and to a person who comes in by it', {
  timeout: 240_000,
}, async () => {
  const url = await aSetupLink('The IT of Demo');
  const it = await platform.stranger();
  const { page } = it;
  await page.goto(url);
  await page.getByText('For Demo agency.').waitFor();
  expect(new URL(page.url()).hash).toBe('');

  await page.getByRole('textbox', { name: 'Domain' }).fill('Demo.example');
  await page.getByRole('button', { name: 'Add domain' }).click();
  const domain = page.getByRole('region', { name: 'demo.example' });
  await domain.getByText('_halogen.demo.example', { exact: true }).waitFor();
  await domain.getByText('There must be a TXT record').waitFor();
  await expectGoodPage(it, 'setup-domain');
  await database.query(`UPDATE sign_in_domains SET verified_at = now() WHERE domain = 'demo.example'`); // as its DNS would have it
  await page.reload();
  await domain.getByText('proven', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Next step' }).click();
  await page.getByRole('radio', { name: 'Microsoft Entra ID' }).waitFor();
  await expectGoodPage(it, 'setup-provider');
  await page.getByRole('radio', { name: 'OpenID Connect' }).check();
  await page.getByRole('button', { name: 'Add connection' }).click();
  const values = page.getByRole('region', { name: 'At OpenID Connect' });
  await values.getByRole('button', { name: 'Copy Redirect URI' }).waitFor();
  oidc.serve([(await values.getByRole('code').textContent()) as string]);
  await page.getByLabel('Issuer').fill(oidc.issuer);
  await page.getByLabel('Client id').fill(OidcProviderUnderTest.clientId);
  await page.getByLabel(/^Client secret/).fill(OidcProviderUnderTest.clientSecret);
  await page.getByRole('button', { name: 'Enter provider' }).click();
  await page.getByText('Entered the identity provider').waitFor();
  await expectGoodPage(it, 'setup-values');

  await page.getByRole('button', { name: 'Next step' }).click();
  oidc.person = { sub: 'eve', email: 'eve@elsewhere.example', email_verified: true };
  await page.getByRole('button', { name: 'Start test sign-in' }).click();
  await page.getByText('The domain of this address is not proven here.').waitFor();
  await page.getByRole('table', { name: 'Claims received' }).getByText('eve@elsewhere.example').waitFor();
  await expectGoodPage(it, 'setup-test-failed');
  oidc.person = { sub: 'olga', email: OWNER, email_verified: true, name: 'Olga' };
  // The provider goes on with whom it knows, until its own session is over.
  await page.context().clearCookies({ name: /^_session/ });
  await page.getByRole('button', { name: 'Start test sign-in' }).click();
  await page.getByText('Turn the connection on to use these settings.').waitFor();
  await page.getByText('yes: it may be enforced').waitFor();
  await expectGoodPage(it, 'setup-test-passed');

  await page.getByRole('button', { name: 'Next step' }).click();
  await page.getByRole('button', { name: 'Enforce connection' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Enforce connection' }).click();
  await page.getByText('enforced', { exact: true }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await expectGoodPage(it, 'setup-enforced');

  const again = await platform.stranger();
  await again.page.goto(url);
  await again.page.getByRole('alert').getByText('This link cannot be used').waitFor();
  await expectGoodPage(again, 'setup-refused');
  await again.page.setViewportSize({ width: 1280, height: 900 });
  await again.page.goto('/sign-in?back=/demo-agency/spend');
  await again.page.getByLabel('E-mail').fill(OWNER);
  await again.page.getByRole('button', { name: 'Continue with single sign-on' }).click();
  await again.page.getByRole('heading', { level: 1, name: 'Spend' }).waitFor();
  expect(again.complaints).toEqual([]);
  await again.close();
  await it.close();
});

it('says what to do where no identity provider is connected, or one has refused', async () => {
  const watched = await platform.stranger();
  const { page, close } = watched;
  await page.goto('/sign-in?back=/demo-agency/spend');
  await page.getByLabel('E-mail').fill('nobody@unknown.example');
  await page.getByRole('button', { name: 'Continue with single sign-on' }).click();
  await page.getByRole('alert').getByText('No identity provider is connected').waitFor();
  await expectGoodPage(watched, 'sign-in-unknown-domain');
  await page.goto('/sign-in?problem=sign_in_refused&rule=enforced_elsewhere');
  await page.getByRole('alert').waitFor();
  await expectGoodPage(watched, 'sign-in-refused');
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').waitFor();
  await expectGoodPage(watched, 'sign-in');
  await close();
});

it('lets an owner add a provider by SAML, test it, and see that its certificate expires', { timeout: 120_000 }, async () => {
  const it = await platform.owner();
  const { page } = it;
  await database.query(
    `INSERT INTO sign_in_domains (tenant_id, domain, challenge, verified_at)
     SELECT id, $1, 'a journey', now() FROM tenants WHERE name = 'Demo agency' ON CONFLICT DO NOTHING`,
    [DOMAIN],
  );
  await page.goto(SETTINGS);
  await page.getByRole('button', { name: 'Add connection' }).click();
  await page.getByRole('radio', { name: 'SAML 2.0' }).check();
  await page.getByRole('button', { name: 'Add connection' }).last().click();
  await page.getByRole('heading', { level: 1, name: 'SAML 2.0' }).waitFor();
  await page.getByText('Fields', { exact: true }).click();
  await page.getByLabel('Entity id of the identity provider').fill(saml.issuer);
  await page.getByLabel('URL of single sign-on').fill(saml.ssoUrl);
  await page.getByLabel('Certificates (PEM)').fill(samlKey.certificatePem);
  await page.getByRole('button', { name: 'Enter provider' }).click();
  await page.getByText(/^The last certificate expires in [45] days/).waitFor();
  saml.email = OWNER;
  await page.getByRole('button', { name: 'Start test sign-in' }).click();
  await page.getByText('Turn the connection on to use these settings.').waitFor();
  await page.getByRole('table', { name: 'Claims received' }).getByText('displayName').waitFor();
  await expectGoodPage(it, 'connection-saml');
  await page.getByRole('button', { name: 'Turn on', exact: true }).click();
  await page.getByText('Changed the connection').waitFor();
  await page.getByRole('link', { name: 'Sign-in', exact: true }).click();
  await page.getByRole('table', { name: 'Connections' }).getByText('optional', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Connection of demo.example' }).waitFor();
  await expectGoodPage(it, 'sign-in-settings-used');
  await it.close();
});
