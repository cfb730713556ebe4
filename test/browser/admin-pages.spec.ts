import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserPlatform, expectGoodPage, SCHEMES, WIDTHS_PX } from '#test/browser/browser-platform';

/** They are asked for by HALOGEN_BROWSER_JOURNEYS=yes until they have been seen to pass on a quiet machine. */
const isAskedFor = process.env.HALOGEN_BROWSER_JOURNEYS === 'yes';

let platform: BrowserPlatform;

beforeAll(async () => {
  if (isAskedFor) platform = await BrowserPlatform.start();
});
afterAll(() => platform?.stop());

const PAGES: { name: string; path: string; ready: string }[] = [{ name: 'live', path: '/admin', ready: 'Live' }];

(isAskedFor ? describe : describe.skip).each(SCHEMES)('operators’ pages in %s', (scheme) => {
  describe.each(WIDTHS_PX)('%d px wide', (widthPx) => {
    it.each(PAGES)('$name is a good page', async ({ name, path, ready }) => {
      const operator = await platform.operator({ scheme, widthPx });
      await operator.page.goto(path);
      await operator.page.getByRole('heading', { level: 1, name: ready }).waitFor();
      await operator.page.waitForFunction(`document.querySelector('[aria-busy="true"]') === null`);
      await expectGoodPage(operator, `admin-${name}-${scheme}-${widthPx}`);
      await operator.close();
    });
  });
});

it.runIf(isAskedFor)('operators’ pages do not exist for customers', async () => {
  const { page, close } = await platform.owner();
  for (const { path } of PAGES) {
    await page.goto(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  }
  await close();
});

it.runIf(isAskedFor)('moves through lanes by arrows with one tab stop, and names each', async () => {
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

it.runIf(isAskedFor)('shows what another client starts without being reloaded, as a table too, and keeps it in the URL', async () => {
  const { page, close } = await platform.operator();
  await page.goto('/admin');
  const lanes = page.getByRole('region', { name: 'Lanes', exact: true });
  await lanes.getByRole('button', { name: 'View as table: Lanes' }).click();
  await lanes.getByRole('cell', { name: 'idle' }).first().waitFor();
  expect(new URL(page.url()).searchParams.get('tables')).toBe('lanes');
  await lanes.getByRole('button', { name: 'View as table: Lanes' }).click();
  const used = page.waitForFunction(`Number(document.querySelector('[data-state="shared"]')?.textContent) > 0`);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'ray-2', prompt: 'a very long film', duration: '9s' });
  await platform.journey.fetch('/api/v1/generations', { method: 'POST', headers, body });
  await used;
  await close();
});
