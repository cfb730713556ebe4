import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

const PAGES = [{ name: 'admin-live', path: '/admin', heading: 'Live' }];

it.each(PAGES)('$name is a good page', (page) => checkPage(platform, page, 'operator'));

it('operators’ pages do not exist for customers', async () => {
  const { page, close } = await platform.owner();
  for (const { path } of PAGES) {
    await page.goto(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  }
  await close();
});

it('moves through lanes by arrows with one tab stop, and names each', async () => {
  const { page, complaints, close } = await platform.operator();
  await page.goto('/admin');
  await page.getByRole('img', { name: /^Site local: \d+ lanes/ }).waitFor();
  const grid = page.getByRole('grid', { name: /Lanes of local/ });
  await grid.focus();
  await page.keyboard.press('Home');
  const first = await grid.getByRole('gridcell').getAttribute('aria-label');
  expect(first).toMatch(/^Node .+, lane 1: /);
  await page.keyboard.press('ArrowRight');
  expect(await grid.getByRole('gridcell').getAttribute('aria-label')).not.toBe(first);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Show all nodes' }).waitFor();
  expect(new URL(page.url()).searchParams.get('node')).toBeTruthy();
  expect(complaints).toEqual([]);
  await close();
});

it('shows what another client starts without being reloaded, as a table too, and keeps it in the URL', async () => {
  const { page, close } = await platform.operator();
  await page.goto('/admin');
  const lanes = page.getByRole('region', { name: 'Lanes', exact: true });
  await lanes.getByRole('button', { name: 'View as table: Lanes' }).click();
  await lanes.getByRole('cell', { name: 'idle' }).first().waitFor();
  expect(new URL(page.url()).searchParams.get('tables')).toBe('lanes');
  await lanes.getByRole('button', { name: 'View as table: Lanes' }).click();
  const used = page.locator('[data-state="shared"]').filter({ hasText: /[1-9]/ }).first().waitFor();
  await platform.create({ model: 'ray-2', prompt: 'a very long film', duration: '9s' });
  await used;
  await close();
});
