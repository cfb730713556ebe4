import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

const PAGES = [
  { name: 'admin-live', path: '/admin', heading: 'Live' },
  { name: 'admin-queue', path: '/admin/queue', heading: 'Queue' },
  { name: 'admin-nodes', path: '/admin/nodes', heading: 'Nodes' },
  { name: 'admin-guarantee', path: '/admin/guarantee', heading: 'Guarantee' },
  { name: 'admin-order-book', path: '/admin/order-book?pool=halo-gb300', heading: 'Order book' },
  { name: 'admin-what-if', path: '/admin/what-if', heading: 'What-if' },
  { name: 'admin-tenants', path: '/admin/tenants', heading: 'Tenants' },
  { name: 'admin-controls', path: '/admin/controls', heading: 'Controls' },
];

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

it('pauses a pool class after its name is typed, explains what waits then, and lifts the pause', async () => {
  const { page, close } = await platform.operator();
  await page.goto('/admin/controls');
  await page.getByRole('button', { name: 'Pause work' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pause work' });
  await dialog.getByLabel('What').selectOption({ label: 'Pool class halo-1' });
  await dialog.getByRole('region', { name: 'What it touches' }).getByText('Guaranteed units at risk').waitFor();
  await dialog.getByLabel('Reason').fill('a journey');
  await dialog.getByLabel('Type halo-1 to confirm').fill('halo');
  await dialog.getByRole('button', { name: 'Pause work' }).click();
  await dialog.getByText('Type the name exactly as it is written.').waitFor();
  await dialog.getByLabel('Type halo-1 to confirm').fill('halo-1');
  await dialog.getByRole('button', { name: 'Pause work' }).click();
  await page.getByRole('table', { name: 'Paused now' }).getByRole('cell', { name: 'a journey' }).waitFor();

  const id = await platform.create({ model: 'photon-1', prompt: 'a gate that is closed' });
  await page.goto('/admin/queue');
  await page.getByLabel('Generation').fill(id);
  await page.getByLabel('Tenant', { exact: true }).selectOption({ label: 'Demo agency' });
  await page.getByRole('button', { name: 'Explain the wait' }).click();
  await page.getByRole('cell', { name: 'Its pool class is paused.' }).waitFor();
  const paused = page.getByRole('row', { name: /^Neither its tenant nor its pool class is paused/ });
  await paused.getByRole('cell', { name: 'waits' }).waitFor();
  expect(new URL(page.url()).searchParams.get('generation')).toBe(id);

  await page.goto('/admin/controls');
  await page.getByRole('button', { name: 'Lift the pause of halo-1' }).click();
  await page.getByRole('heading', { name: 'Nothing is paused' }).waitFor();
  await close();
});

it('prices units before it sells them, and says what fits when they do not exist', async () => {
  const { page, close } = await platform.operator();
  await page.goto('/admin/order-book?pool=halo-gb300');
  await page.getByRole('button', { name: 'Sell units' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sell units of halo-gb300' });
  await dialog.getByLabel('Tenant').selectOption({ label: 'Other agency' });
  await dialog.getByLabel('Units').fill('100');
  await dialog.getByRole('button', { name: 'Ask for the price' }).click();
  await dialog.getByText(/^100 units from/).waitFor();
  await dialog.getByRole('button', { name: 'Sell units' }).waitFor();
  await dialog.getByLabel('Units').fill('900000');
  await dialog.getByRole('button', { name: 'Ask for the price' }).click();
  await dialog.getByRole('alert').waitFor();
  await close();
});
