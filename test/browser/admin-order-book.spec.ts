import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedOrderBook, seedPhase } from '#infra/local/halo-sites';
import { HotPool } from '#platform/database/hot-pool';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { expectGoodPage } from '#test/browser/good-page';

/** Its own, so that nothing is taken from what other specs look at. */
const POOL_CLASS = 'zz-order-book';
const LANES = 48;
const BRAND = 'Brand of the other agency';

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  const owner = new HotPool({ url: platform.run.postgres, applicationName: 'test', maxConnections: 1 });
  await owner.transaction('an order book', [], async (tx) => {
    await tx.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ($1, 'A site', 'local', 'local') ON CONFLICT DO NOTHING`, [
      POOL_CLASS,
    ]);
    await seedOrderBook(tx, { poolClass: POOL_CLASS, accelerator: 'CPU', spareOneNodeIn: 32 });
    const phase = { siteId: POOL_CLASS, poolClass: POOL_CLASS, phase: 1, powersOn: '2026-01-01', megawatts: 0 };
    await seedPhase(tx, { ...phase, nodes: 6, lanesPerNode: LANES / 6 });
  });
  await owner.close();
  expect((await post('other', '/api/v1/tenants', { name: BRAND })).status).toBe(201);
  // A year of units is more than the demo's agencies have.
  const answer = await fetch(`${platform.run.api}/api/v1/tenants`, { headers: keyOf('other') });
  const { tenants } = (await answer.json()) as { tenants: { id: string; name: string }[] };
  const agency = tenants.find(({ name }) => name === 'Other agency')?.id;
  const grant = { source: 'promotion', amount: '100000000', reason: 'a journey' };
  expect((await post('operator', `/api/v1/ledger/grants?tenant=${agency}`, grant)).status).toBe(201);
});
afterAll(() => platform?.leave());

function keyOf(name: 'other' | 'operator') {
  return { authorization: `Bearer ${platform.run.keys[name]}` };
}

function post(as: 'other' | 'operator', route: string, body: object): Promise<Response> {
  const headers = { ...keyOf(as), 'content-type': 'application/json' };
  return fetch(`${platform.run.api}${route}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function day(ahead: number): string {
  return new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
}

async function openBook(page: Page): Promise<void> {
  await page.goto(`/admin/order-book?pool=${POOL_CLASS}`);
  await page.getByRole('region', { name: 'Commitments' }).getByLabel('Tenant').selectOption({ label: 'Other agency' });
}

/** Units of the stretches of the calendar's table. */
async function bookedDays(page: Page): Promise<{ capacity: number; sold: number }[]> {
  const rows = page.getByRole('table', { name: 'Stretches of days' }).getByRole('row');
  await rows.nth(1).waitFor();
  const cells = await rows.evaluateAll((all) =>
    all.slice(1).map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
  );
  const unitsOf = (text: string | undefined) => Number((text ?? '').replaceAll(',', ''));
  return cells.map(([, , capacity, sold]) => ({ capacity: unitsOf(capacity), sold: unitsOf(sold) }));
}

it('sells units, renews and enlarges them, and hands some on to a brand', async () => {
  const { page, close } = await platform.operator();
  await openBook(page);
  await page.getByRole('button', { name: 'Sell units' }).click();
  const sell = page.getByRole('dialog', { name: `Sell units of ${POOL_CLASS}` });
  await sell.getByLabel('Tenant').selectOption({ label: 'Other agency' });
  await sell.getByLabel('Units').fill('8');
  await sell.getByLabel('Term').selectOption({ label: '12 months' });
  await sell.getByRole('button', { name: 'Ask for the price' }).click();
  await sell.getByText(/^8 units from/).waitFor();
  await sell.getByRole('button', { name: 'Sell units' }).click();
  await page.getByText('Sold the units').waitFor();

  const act = (verb: string) => page.getByRole('button', { name: `${verb}: ${POOL_CLASS} from ${day(0)}` }).first();
  await act('Renew units').click();
  const renew = page.getByRole('dialog', { name: 'Renew units' });
  await renew.getByLabel('Term').selectOption({ label: '12 months' });
  await renew.getByRole('button', { name: 'Renew units' }).click();
  await page.getByText('Renewed the units').waitFor();
  await page.getByRole('button', { name: new RegExp(`^Renew units: ${POOL_CLASS} from (?!${day(0)})`) }).waitFor();

  await act('Add units').click();
  const resize = page.getByRole('dialog', { name: 'Add units' });
  await resize.getByLabel('Units').fill('2');
  await resize.getByRole('button', { name: 'Add units' }).click();
  await page.getByText('Added units').waitFor();

  await act('Transfer units').click();
  const transfer = page.getByRole('dialog', { name: 'Transfer units' });
  await transfer.getByLabel('To tenant').selectOption({ label: BRAND });
  await transfer.getByLabel('Units').fill('1');
  await transfer.getByRole('button', { name: 'Transfer units' }).click();
  await page.getByText('Transferred the units').waitFor();
  await page.getByRole('region', { name: 'Commitments' }).getByLabel('Tenant').selectOption({ label: BRAND });
  await page.getByRole('region', { name: 'Commitments' }).getByRole('cell', { name: POOL_CLASS, exact: true }).waitFor();
  await close();
});

it('takes what is sold only by a forced cut that two operators want, and shows its service credit and no day oversold', async () => {
  const watched = await platform.operator();
  const { page, close } = watched;
  await openBook(page);
  await page.getByRole('button', { name: 'Cut capacity' }).click();
  const dialog = page.getByRole('dialog', { name: `Cut capacity of ${POOL_CLASS}` });
  await dialog.getByLabel('Lanes').fill(String(LANES));
  await dialog.getByLabel('From').fill(day(10));
  await dialog.getByLabel('Until').fill(day(12));
  await dialog.getByLabel('Reason').fill('a journey loses a site');
  const touched = dialog.getByRole('region', { name: 'What it touches' });
  await touched.getByText('Service credit').waitFor();
  await dialog.getByRole('button', { name: 'Propose the cut' }).click();
  await dialog.getByText('Type the name exactly as it is written.').waitFor();
  await expectGoodPage(watched, 'admin-cut');
  await dialog.getByLabel(`Type ${POOL_CLASS} to confirm`).fill(POOL_CLASS);
  await dialog.getByRole('button', { name: 'Propose the cut' }).click();
  await page.getByText('Proposed: another operator approves it on Controls').waitFor();

  const second = await platform.secondOperator();
  await second.page.goto('/admin/controls');
  await second.page.getByRole('button', { name: new RegExp(`^Approve: Take ${LANES} lanes of ${POOL_CLASS}`) }).click();
  await second.page.getByRole('dialog', { name: 'Approve a proposal' }).getByRole('button', { name: 'Approve', exact: true }).click();
  await second.page.getByText('Approved: it takes effect').waitFor();
  await second.close();

  await page.setViewportSize({ width: 1280, height: 900 });
  await openBook(page);
  await page
    .getByRole('region', { name: 'Cuts of capacity' })
    .first()
    .getByRole('row', { name: /a journey loses a site/ })
    .getByRole('cell', { name: 'yes' })
    .waitFor();
  const credited = page
    .getByRole('region', { name: 'Commitments' })
    .first()
    .getByRole('row', { name: new RegExp(`${POOL_CLASS}.*${day(0)}`) })
    .first();
  expect(Number((await credited.getByRole('cell').nth(7).textContent())?.replaceAll(',', ''))).toBeGreaterThan(0);
  const days = await bookedDays(page);
  expect(days.some(({ capacity }) => capacity === 0)).toBe(true);
  for (const { capacity, sold } of days) expect(sold).toBeLessThanOrEqual(capacity);
  await expectGoodPage(watched, 'admin-order-book-cut');

  await page.setViewportSize({ width: 1280, height: 900 });
  await page.getByRole('button', { name: `Lift the cut of ${POOL_CLASS} from ${day(10)}` }).click();
  await page.getByText('Lifted the cut').waitFor();
  await expect.poll(async () => (await bookedDays(page)).every(({ capacity }) => capacity > 0)).toBe(true);
  await close();
});
