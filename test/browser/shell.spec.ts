import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  await platform.create({ model: 'photon-1', prompt: 'a lighthouse at dawn' }, 55);
});
afterAll(() => platform?.leave());

it('the way in is a good page', () => checkPage(platform, { name: 'sign-in', path: '/', heading: 'Sign in to Halogen' }, 'stranger'));
it('Home is a good page', () => checkPage(platform, { name: 'home', path: '/', heading: 'Home' }));

it('says the same for a page that does not exist', async () => {
  const { page, close } = await platform.owner();
  for (const path of ['/nobody', '/demo-agency/nothing', `/demo-agency/generations/00000000-0000-7000-8000-000000000000`]) {
    await page.goto(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  }
  await close();
});

it('works by keyboard alone: skip link, go to, commands, shortcuts', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(`document.activeElement?.textContent`)).toBe('Skip to content');
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.getByRole('heading', { level: 1, name: 'Generations' }).waitFor();
  await page.getByRole('link', { name: 'a lighthouse at dawn' }).first().waitFor();
  await page.keyboard.press('j');
  await page.locator('tr[data-index="0"] a:focus').waitFor();
  await page.keyboard.press('Control+k');
  await page
    .getByRole('searchbox', { name: 'Search' })
    .or(page.getByRole('textbox', { name: 'Search' }))
    .fill('Home');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });
  await close();
});

it('speaks German and Japanese', async () => {
  for (const [language, title] of [
    ['de-DE', 'Generierungen'],
    ['ja-JP', '生成'],
  ] as const) {
    const { page, close } = await platform.owner({ language });
    await page.goto('/demo-agency/generations');
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await close();
  }
});
