import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { expectGoodPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

it('cordons a node after saying what it touches, puts it back, and shows its jobs', async () => {
  const { page, complaints, close } = await platform.operator();
  await page.goto('/admin/nodes');
  await page
    .getByRole('button', { name: /^Open node / })
    .first()
    .click();
  expect(new URL(page.url()).searchParams.get('node')).toBeTruthy();
  const node = page.getByRole('region', { name: /^Jobs of / });
  await node.getByText('in service').waitFor();
  await node.getByRole('button', { name: 'Cordon node' }).click();
  const dialog = page.getByRole('dialog', { name: /^Cordon / });
  await dialog.getByText(/run on to their end/).waitFor();
  await expectGoodPage({ page, complaints, close }, 'admin-cordon');
  await dialog.getByLabel('Reason').fill('a journey');
  await dialog.getByRole('button', { name: 'Cordon node' }).click();
  await node.getByText('cordoned').waitFor();
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.getByRole('combobox', { name: 'State' }).selectOption({ label: 'cordoned' });
  await expect.poll(() => page.getByRole('button', { name: /^Open node / }).count()).toBe(1);
  await node.getByRole('button', { name: 'Put node back' }).click();
  const back = page.getByRole('dialog', { name: /^Put / });
  await back.getByLabel('Reason').fill('a journey');
  await back.getByRole('button', { name: 'Put node back' }).click();
  await node.getByText('in service').waitFor();
  await close();
});

it('says whose work stays away before a pool’s terms let inputs be trained on', async () => {
  const watched = await platform.operator();
  const { page, close } = watched;
  await page.goto('/admin/nodes');
  const pools = page.getByRole('table', { name: /^Pools of / });
  await pools.getByText('is never trained on').first().waitFor();
  await page
    .getByRole('button', { name: /^Set terms of / })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: /^Terms of / });
  await dialog.getByText('Any work may start here.').waitFor();
  await dialog.getByLabel('What it is sent may be used for training').check();
  await dialog.getByText(/^Only work of projects that allow training/).waitFor();
  await expectGoodPage(watched, 'admin-pool-terms');
  await dialog.getByLabel('What it is sent may be used for training').uncheck(); // others' work goes on meanwhile
  await dialog.getByLabel('Reason').fill('a journey');
  await dialog.getByRole('button', { name: 'Set terms' }).click();
  await page.getByText('Set the terms').waitFor();
  await dialog.waitFor({ state: 'hidden' });
  await close();
});
