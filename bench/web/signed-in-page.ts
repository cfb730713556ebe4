import { type Browser, chromium, type Page } from 'playwright-core';
import type { RunJson } from '#infra/local/run-file';
import { chromiumPath } from '#infra/local/test-programs';

/** A person's session, as their browser sends it. */
export interface SignedIn {
  cookie: string;
}

/** A headless Chromium in which an owner of the demo tenant or an operator has signed in. */
export async function openSignedIn(
  { api, signIn }: RunJson,
  who: 'owner' | 'operator',
): Promise<{ browser: Browser; page: Page; signedIn: SignedIn }> {
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--enable-precise-memory-info', '--js-flags=--expose-gc'];
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args });
  const page = await browser.newPage({ baseURL: api, viewport: { width: 1_280, height: 900 } });
  const { email, password } = signIn[who];
  await page.goto(who === 'operator' ? '/admin/sign-in' : '/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  const cookies = await page.context().cookies();
  return { browser, page, signedIn: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } };
}
