import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage, expectGoodPage } from '#test/browser/good-page';
import { until } from '#test/journeys/journey-platform';

interface Batch {
  id: string;
  finishedAt: string | null;
  contactSheets: number;
}

let platform: BrowserPlatform;
let campaign: string;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  const made = await call<Batch>('/api/v1/batches', {
    name: 'Spring',
    serviceTier: 'shared',
    defaults: { model: 'photon-1' },
    promptTemplate: '{{product}} in {{city}}',
    matrix: { product: ['a shoe', 'a bag'], city: ['Oslo', 'Rome', 'Lima'] },
  });
  campaign = made.id;
  await until(async () => {
    const seen = await call<Batch>(`/api/v1/batches/${campaign}`);
    return seen.finishedAt && seen.contactSheets > 0 ? seen : undefined;
  }, 500);
});
afterAll(() => platform?.leave());

async function call<Answer>(path: string, body?: object): Promise<Answer> {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await platform.fetch(path, init)).json() as Promise<Answer>;
}

it('has good pages', async () => {
  const one = `/demo-agency/campaigns/${campaign}`;
  await checkPage(platform, { name: 'campaigns', path: '/demo-agency/campaigns', heading: 'Campaigns' });
  await checkPage(platform, { name: 'new-campaign', path: '/demo-agency/campaigns/new', heading: 'New campaign' });
  await checkPage(platform, { name: 'campaign-progress', path: one, heading: 'Spring' });
  await checkPage(platform, { name: 'campaign-review', path: `${one}?tab=review`, heading: 'Spring' });
  await checkPage(platform, { name: 'campaign-sheets', path: `${one}?tab=sheets`, heading: 'Spring' });
  await checkPage(platform, { name: 'campaign-rows', path: `${one}?tab=rows`, heading: 'Spring' });
});

it('checks a file, names what is wrong by line and column, and launches what is right', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/campaigns/new');
  await page.getByLabel('Name').fill('From a file');
  await page.getByText('CSV file', { exact: true }).first().click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill('{{product}} at dawn');
  const csv = 'product,aspectRatio\na kettle,16:9\na lamp,17:3\n';
  await page.locator('input[type="file"]').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.getByRole('button', { name: 'Check campaign' }).click();
  await page.getByText('Rows accepted: 1. Rows refused: 1.').waitFor();
  const wrong = page.getByRole('table', { name: 'Refused rows' }).getByRole('row').nth(1);
  await wrong.getByRole('cell', { name: '3', exact: true }).waitFor();
  await wrong.getByRole('cell', { name: 'aspectRatio', exact: true }).waitFor();
  await page.getByText(/credits, tier flex/).waitFor();
  await page.getByRole('button', { name: 'Launch campaign' }).click();
  await page.getByRole('heading', { level: 1, name: 'From a file' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('is reviewed by keyboard alone', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto(`/demo-agency/campaigns/${campaign}?tab=review`);
  const at = (row: number) => page.getByText(`Row ${row}, ${row} of 6`).waitFor();
  await at(1);
  await page.keyboard.press('a');
  await at(2);
  await page.keyboard.press('r');
  await at(3);
  await page.keyboard.press('ArrowLeft');
  await at(2);
  await page.getByRole('figure', { name: 'Row 2' }).getByText('rejected').waitFor();
  await page.keyboard.press('c');
  await page.keyboard.type('The bag is cut off');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Comments' }).getByText('The bag is cut off').waitFor();
  await page.locator('textarea:focus').waitFor({ state: 'detached' }); // keys are words as long as a field has the focus
  await page.keyboard.press('4');
  await page.getByRole('figure', { name: 'Row 5' }).waitFor();
  await page.keyboard.press('1');
  await page.keyboard.press('ArrowRight');
  await at(3);
  await page.keyboard.press('a');
  await at(4);
  await until(async () => {
    const { approved, rejected, openComments } = await call<Record<string, number>>(`/api/v1/batches/${campaign}/review`);
    return approved === 2 && rejected === 1 && openComments === 1 ? true : undefined;
  });
  expect(complaints).toEqual([]);
  await close();
});

it('pins a comment to a place, and resolves it', async () => {
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/campaigns/${campaign}?tab=review&row=5`);
  await page
    .getByRole('figure', { name: 'Row 5' })
    .getByRole('img')
    .click({ position: { x: 40, y: 30 } });
  await page.getByRole('textbox', { name: 'Comment' }).fill('Here');
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByRole('button', { name: 'Show place' }).waitFor();
  const { comments } = await call<{ comments: { x: number; y: number }[] }>(`/api/v1/batches/${campaign}/rows/5/comments`);
  expect(comments).toHaveLength(1);
  expect(comments[0]?.x).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Resolve thread' }).click();
  await page.getByText('resolved by').waitFor();
  await close();
});

it('makes a row anew with a note: the new version stands beside the old one', async () => {
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/campaigns/${campaign}?tab=review&row=6`);
  await page.getByRole('button', { name: 'Show 1 version' }).click();
  await page.getByLabel('Note for the next version').fill('with more light');
  await page.getByRole('button', { name: 'Regenerate row' }).click();
  await page.getByRole('figure', { name: 'Version 2' }).waitFor({ timeout: 60_000 });
  await page.getByRole('figure', { name: 'Version 1' }).waitFor();
  await page.getByRole('region', { name: 'Versions' }).getByText('with more light').waitFor();
  await close();
});

it('is shared with a guest, who comments on a place and sees nothing else', { timeout: 120_000 }, async () => {
  const one = `/demo-agency/campaigns/${campaign}?tab=share`;
  const ours = await platform.owner();
  await ours.page.goto(one);
  await ours.page.getByRole('button', { name: 'Create share link' }).click();
  const dialog = ours.page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('The client');
  await dialog.getByRole('combobox', { name: 'Guests see' }).click();
  await ours.page.getByRole('option', { name: 'all results' }).click();
  await expectGoodPage(ours, 'share-dialog');
  await dialog.getByRole('button', { name: 'Create share link' }).click();
  const secret = ours.page.getByRole('dialog', { name: 'Share link for The client' });
  const url = (await secret.getByRole('code').textContent()) as string;
  await secret.getByRole('button', { name: 'I have stored it' }).click();
  await ours.page.getByRole('table', { name: 'Share links' }).getByText('nobody yet').waitFor();

  const guest = await platform.stranger();
  const { page } = guest;
  await page.goto(url);
  await page.getByRole('heading', { level: 1, name: 'Shared campaign' }).waitFor();
  expect(new URL(page.url()).hash).toBe('');
  await expectGoodPage(guest, 'share-entrance');
  await page.getByLabel('Your name').fill('Gina');
  await page.getByRole('button', { name: 'Open campaign' }).click();
  await page.getByRole('heading', { level: 1, name: 'Spring' }).waitFor();
  await page.getByRole('figure', { name: 'Row 1' }).waitFor();
  await page.keyboard.press('ArrowRight');
  const picture = page.getByRole('figure', { name: 'Row 2' });
  await picture.getByRole('img').click({ position: { x: 40, y: 30 } });
  await page.getByRole('textbox', { name: 'Comment' }).fill('Could this be warmer');
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByRole('region', { name: 'Comments' }).getByText('Could this be warmer').waitFor();
  await page.reload();
  await picture.waitFor();
  await page.getByRole('button', { name: 'Show place' }).waitFor();
  await expectGoodPage(guest, 'shared-campaign');
  expect((await page.request.get(`/api/v1/batches/${campaign}`)).status()).toBe(404);

  await ours.page.goto(`/demo-agency/campaigns/${campaign}?tab=review&row=2`);
  const said = ours.page.getByRole('region', { name: 'Comments' });
  await said.getByText('Could this be warmer').waitFor();
  await said.getByText('guest').waitFor();
  await ours.page.goto(one);
  await ours.page.getByRole('table', { name: 'Share links' }).getByText('Gina').waitFor();
  await expectGoodPage(ours, 'campaign-share');
  await ours.page.getByRole('button', { name: 'Revoke The client' }).click();
  await ours.page.getByText('Revoked the share link').waitFor();
  await ours.close();
  expect(guest.complaints).toEqual([]);
  await page.reload();
  await page.getByRole('alert').getByText('This link cannot be used').waitFor();
  await guest.close();
});
