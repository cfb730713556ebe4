import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { expectGoodPage } from '#test/browser/good-page';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

it('opens a tenant with a reason, under a bar that says so, and the tenant finds it in its audit log', async () => {
  const watched = await platform.operator();
  const { page, close } = watched;
  await page.goto('/admin/tenants');
  await page.getByRole('button', { name: 'Open tenant Demo agency' }).click();
  const dialog = page.getByRole('dialog', { name: 'Open Demo agency' });
  await dialog.getByLabel('Reason').fill('a journey looks');
  await dialog.getByRole('button', { name: 'Open tenant' }).click();
  await page.getByText(/^Viewing Demo agency as operator, read-only/).waitFor();
  await page.getByRole('region', { name: 'Incidents', exact: true }).waitFor();
  await expectGoodPage(watched, 'admin-tenant');
  await close();
  const audit = await platform.fetch('/api/v1/audit?action=operator.viewed&order=newest&limit=1');
  expect(((await audit.json()) as { entries: unknown[] }).entries).toMatchObject([{ data: { reason: 'a journey looks' } }]);
  const owner = await platform.owner();
  await owner.page.goto('/demo-agency');
  await owner.page.getByRole('note').filter({ hasText: 'a journey looks' }).waitFor();
  await owner.close();
});

it('replays the last day with one more node, and shows it beside the day as it was', async () => {
  await platform.create({ model: 'photon-1', prompt: 'a day to replay' }, 60);
  const watched = await platform.operator();
  const { page, close } = watched;
  await page.goto('/admin/what-if?pool=halo-1');
  await page.getByLabel('Site').fill('local');
  await page.getByRole('button', { name: 'Add change' }).click();
  await page.getByRole('button', { name: 'Replay the last day' }).click();
  const answer = page.getByRole('region', { name: 'Before and after' }).first();
  await answer.getByRole('cell', { name: 'Wait P99, s' }).waitFor({ timeout: 60_000 });
  expect(new URL(page.url()).searchParams.get('simulation')).toBeTruthy();
  await expectGoodPage(watched, 'admin-what-if-answer');
  await close();
});

it('shows how long work waited, as a table too', async () => {
  await platform.create({ model: 'photon-1', prompt: 'a wait to count' }, 60);
  const { page, close } = await platform.operator();
  await page.goto('/admin/queue?pool=halo-1');
  const waits = page.getByRole('region', { name: 'Waits of what has started' }).first();
  await waits.getByRole('cell', { name: 'Demo agency' }).first().waitFor();
  await page.getByRole('img', { name: /starts by how long they waited/ }).waitFor();
  await page.getByRole('button', { name: 'View as table: Waits over time' }).click();
  await page.getByRole('columnheader', { name: 'up to 1 s' }).waitFor();
  await close();
});
