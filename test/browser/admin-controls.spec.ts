import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { expectGoodPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

/** What the other agency is answered. */
function submit(): Promise<Response> {
  const headers = { authorization: `Bearer ${platform.run.keys.other}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'photon-1', prompt: 'a door that is shut' });
  return fetch(`${platform.run.api}/api/v1/generations`, { method: 'POST', headers, body });
}

it('switches one tenant’s submits off after its name is typed, with the reason for its callers, and on again', async () => {
  const watched = await platform.operator();
  const { page, close } = watched;
  await page.goto('/admin/controls');
  await page.getByRole('button', { name: 'Switch off' }).click();
  const dialog = page.getByRole('dialog', { name: 'Switch off' });
  await dialog.getByLabel('Tenant', { exact: true }).selectOption({ label: 'Other agency' });
  await dialog.getByRole('region', { name: 'What it touches' }).getByText('Queued').waitFor();
  await dialog.getByLabel('Reason, told to callers').fill('a journey stops you');
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await dialog.getByText('Type the name exactly as it is written.').waitFor();
  await expectGoodPage(watched, 'admin-switch-off');
  await dialog.getByLabel('Type Other agency to confirm').fill('Other agency');
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await page.getByRole('cell', { name: 'a journey stops you' }).first().waitFor();
  await expectGoodPage(watched, 'admin-switched-off');

  await expect.poll(async () => (await submit()).status).toBe(503);
  const refused = await submit();
  expect(await refused.text()).toContain('a journey stops you');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

  await page.setViewportSize({ width: 1280, height: 900 });
  await page.getByRole('button', { name: 'Switch on new generations: Other agency' }).click();
  await page.getByRole('heading', { name: 'Nothing is switched off' }).waitFor();
  await expect.poll(async () => (await submit()).status).toBe(201);
  await close();
});

it('proposes to stop everybody, which another operator may decline and the first one may not approve', async () => {
  const { page, close } = await platform.operator();
  await page.goto('/admin/controls');
  await page.getByRole('button', { name: 'Switch off' }).click();
  const dialog = page.getByRole('dialog', { name: 'Switch off' });
  await dialog.getByLabel('For').selectOption({ label: 'everybody' });
  await dialog.getByText('This takes effect once a second operator approves it, within an hour.').waitFor();
  await dialog.getByLabel('Reason, told to callers').fill('a journey proposes');
  await dialog.getByLabel('Type everybody to confirm').fill('everybody');
  await dialog.getByRole('button', { name: 'Propose the switch' }).click();
  await page.getByRole('button', { name: 'Withdraw: Stop new generations: everybody' }).waitFor();
  expect(await page.getByRole('button', { name: /^Approve:/ }).count()).toBe(0);
  await close();

  const second = await platform.secondOperator();
  await second.page.goto('/admin/controls');
  await second.page.getByRole('button', { name: 'Approve: Stop new generations: everybody' }).click();
  const approve = second.page.getByRole('dialog', { name: 'Approve a proposal' });
  await approve.getByText('operator@halogen.example proposes it: a journey proposes').waitFor();
  await expectGoodPage(second, 'admin-approve');
  await second.page.keyboard.press('Escape');
  await second.page.setViewportSize({ width: 1280, height: 900 });
  await second.page.getByRole('button', { name: 'Decline: Stop new generations: everybody' }).click();
  await second.page.getByRole('cell', { name: 'declined: second-operator@halogen.example' }).waitFor();
  expect((await submit()).status).toBe(201);
  await second.close();
});
