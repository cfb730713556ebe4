import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage, expectGoodPage } from '#test/browser/good-page';

/** The month that runs, whose invoice is a draft. */
const thisMonth = new Date().toISOString().slice(0, 7);

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  await platform.create({ model: 'photon-1', prompt: 'a price on a tag' }, 55);
});
afterAll(() => platform?.leave());

it.each([
  { name: 'spend', path: '/demo-agency/spend', heading: 'Spend' },
  { name: 'usage', path: '/demo-agency/spend/usage', heading: 'Usage' },
  { name: 'statement', path: '/demo-agency/spend/statement', heading: 'Statement' },
  { name: 'invoices', path: '/demo-agency/spend/invoices', heading: 'Invoices' },
  { name: 'invoice', path: `/demo-agency/spend/invoices/${thisMonth}`, heading: /^Invoice for/ },
  { name: 'keys', path: '/demo-agency/developers', heading: 'API keys' },
  { name: 'events', path: '/demo-agency/developers/events', heading: 'Events' },
  { name: 'webhooks', path: '/demo-agency/developers/webhooks', heading: 'Webhooks' },
  { name: 'capacity', path: '/demo-agency/capacity', heading: 'Capacity' },
  { name: 'commitments', path: '/demo-agency/capacity/commitments', heading: 'Commitments' },
  { name: 'audit', path: '/demo-agency/organization/audit', heading: 'Audit log' },
  { name: 'projects', path: '/demo-agency/organization', heading: 'Projects' },
  { name: 'people', path: '/demo-agency/organization/people', heading: 'People' },
  { name: 'access', path: '/demo-agency/organization/access', heading: 'Who can reach what' },
  { name: 'settings', path: '/demo-agency/organization/settings', heading: 'Settings' },
  { name: 'brands', path: '/demo-agency/organization/brands', heading: 'Brands' },
])('$name is a good page', (page) => checkPage(platform, page));

it('follows a line of the statement to the ledger lines of its generation', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency');
  await page.getByRole('link', { name: 'Spend', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Spend' }).waitFor();
  await page.getByRole('link', { name: 'Statement' }).click();
  await page.getByRole('heading', { level: 1, name: 'Statement' }).waitFor();
  await page.getByRole('link', { name: 'generation paid' }).first().click();
  await page.getByRole('cell', { name: 'settle' }).first().waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('puts an address on the next invoice, and downloads it as PDF', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/spend/invoices');
  await page.getByRole('button', { name: 'Edit billing details' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit billing details' });
  await dialog.getByLabel('Name').fill('Studio GmbH');
  await dialog.getByLabel('Address').fill('Weg 1\nBerlin');
  await dialog.getByLabel('Tax number').fill('DE1');
  await dialog.getByRole('button', { name: 'Save billing details' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('table', { name: 'Invoices' }).getByRole('link').first().click();
  await page.getByRole('region', { name: 'To', exact: true }).getByText('Studio GmbH').waitFor();
  await page.getByRole('cell', { name: 'Usage', exact: true }).first().waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download PDF' }).click()]);
  expect(file.suggestedFilename()).toBe(`invoice-${thisMonth}.pdf`);
  expect(complaints).toEqual([]);
  await close();
});

it('downloads the statement of a month with one line of heads', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/spend/statement');
  await page.getByRole('cell', { name: 'credits granted' }).first().waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  expect(download.suggestedFilename()).toMatch(/^statement-\d{4}-\d{2}\.csv$/);
  await page.getByText('Downloaded the statement').waitFor();
  await close();
});

it('tells usage apart by tier, in the URL', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/spend/usage');
  await page
    .getByRole('table', { name: 'Usage by Model' })
    .getByRole('row', { name: /photon-1/ })
    .waitFor();
  await page.getByRole('combobox', { name: 'Told apart by' }).click();
  await page.getByRole('option', { name: 'Tier' }).click();
  await page
    .getByRole('table', { name: 'Usage by Tier' })
    .getByRole('row', { name: /shared/ })
    .waitFor();
  expect(new URL(page.url()).searchParams.get('by')).toBe('tier');
  await close();
});

it('makes a key, shows it once, rotates it with an overlap, and revokes it', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/developers');
  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create API key' });
  await dialog.getByLabel('Name').fill('Storyboards');
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  const secret = page.getByRole('dialog', { name: 'API key Storyboards' });
  expect(await secret.getByRole('code').textContent()).toMatch(/^halogen-/);
  await page.keyboard.press('Escape');
  await secret.getByRole('button', { name: 'I have stored it' }).click();
  await secret.waitFor({ state: 'hidden' });

  await page.getByRole('button', { name: 'Rotate key Storyboards' }).click();
  await page.getByRole('dialog', { name: 'Rotate key Storyboards' }).getByRole('button', { name: 'Rotate key' }).click();
  await page.getByRole('button', { name: 'I have stored it' }).click();
  const rows = page.getByRole('row').filter({ hasText: 'Storyboards' });
  await rows.filter({ hasText: 'works until' }).waitFor();

  await rows.filter({ hasNotText: 'works until' }).getByRole('button', { name: 'Revoke key Storyboards' }).click();
  await page.getByRole('dialog', { name: 'Revoke key Storyboards' }).getByRole('button', { name: 'Revoke key' }).click();
  await rows.filter({ hasText: 'revoked' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('adds an endpoint, sends it a test event, and shows each attempt and its replay', async () => {
  const { page, complaints, close } = await platform.owner();
  const url = `https://hooks.invalid/${crypto.randomUUID()}`;
  await page.goto('/demo-agency/developers/webhooks');
  await page.getByRole('button', { name: 'Add endpoint' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add endpoint' });
  await dialog.getByLabel('URL').fill(url);
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  const secret = page.getByRole('dialog', { name: 'Signing secret' });
  expect(await secret.getByRole('code').textContent()).toMatch(/^whsec_/);
  await secret.getByRole('button', { name: 'I have stored it' }).click();
  await page.getByRole('link', { name: url }).click();
  await page.getByRole('button', { name: 'Send test event' }).click();
  const test = page.getByRole('dialog', { name: 'Send test event' });
  await test.getByRole('combobox', { name: 'Event' }).click();
  await page.getByRole('option', { name: 'generation.completed' }).click();
  await test.getByRole('button', { name: 'Send test event' }).click();
  await page.getByText('Sent a test event').waitFor();
  await page.getByRole('button', { name: 'Replay deliveries' }).click();
  const replay = page.getByRole('dialog', { name: 'Replay deliveries' });
  await replay.getByLabel(/^All that is missing/).check();
  await replay.getByRole('button', { name: 'Replay deliveries' }).click();
  await replay.getByText(/are being sent/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'generation.completed' }).last().click();
  await page.getByRole('heading', { level: 1, name: 'Delivery of generation.completed' }).waitFor();
  await page.getByLabel('Attempts').getByText('dns').first().waitFor();
  await page.getByRole('button', { name: 'Replay delivery' }).click();
  await page.getByText('Replayed the delivery').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('makes a project and gives it a budget, which Spend shows', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/organization');
  await page.getByRole('button', { name: 'Create project' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Create project' });
  await dialog.getByLabel('Name').fill('Spring');
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await page.getByRole('heading', { level: 1, name: 'Spring' }).waitFor();
  await page.getByLabel('Monthly budget in credits').fill('500');
  await page.getByRole('button', { name: 'Save project' }).click();
  await page.getByText('Saved the project').waitFor();
  await page.goto('/demo-agency/spend');
  await page
    .getByRole('row', { name: /Spring/ })
    .getByText('lasts the month')
    .waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('sets once for the agency what a project takes over, and gives it back', async () => {
  const watched = await platform.owner();
  const { page, complaints, close } = watched;
  await page.goto('/demo-agency/organization/settings');
  const days = page.getByLabel(/^Days for which prompts and media are kept/);
  await days.fill('21');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await page.getByText('Saved the settings').waitFor();
  await page.goto('/demo-agency/organization');
  await page.getByRole('button', { name: 'Create project' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Create project' });
  await dialog.getByLabel('Name').fill('Heirs');
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await page.getByRole('heading', { level: 1, name: 'Heirs' }).waitFor();
  await page.getByText('Taken over from Demo agency').waitFor();
  expect(await days.inputValue()).toBe('21');
  await days.fill('3');
  await page.getByRole('button', { name: 'Save project' }).click();
  await page.getByText('Saved the project').waitFor();
  await expectGoodPage(watched, 'project');
  await page.setViewportSize({ width: 1280, height: 900 });
  const back = page.getByRole('button', { name: 'Take over: Days for which prompts and media are kept' });
  await back.click();
  await page.getByRole('button', { name: 'Save project' }).click();
  await page.getByText('Taken over from Demo agency').waitFor();
  expect(await days.inputValue()).toBe('21');
  await page.goto('/demo-agency/organization/settings');
  await back.click();
  await page.getByRole('button', { name: 'Save settings' }).click();
  await back.waitFor({ state: 'detached' });
  expect(await days.inputValue()).toBe('30');
  expect(complaints).toEqual([]);
  await close();
});

it('adds a person, changes their role, and keeps the last owner', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/organization/people');
  await page.getByRole('button', { name: 'Add person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add person' });
  await dialog.getByLabel('E-mail').fill('mia@demo.example');
  await dialog.getByLabel('Name').fill('Mia Berg');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await page.getByRole('row', { name: /Mia Berg/ }).waitFor();
  await page.getByRole('combobox', { name: 'Role of Mia Berg' }).click();
  await page.getByRole('option', { name: /^Viewer/ }).click();
  await page.getByText('Changed the role').waitFor();
  await page.getByRole('button', { name: 'Remove Demo owner' }).click();
  await page.getByRole('button', { name: 'Remove person' }).click();
  await page.getByText(/owner/i).last().waitFor();
  await page.getByRole('row', { name: /Demo owner/ }).waitFor();
  await close();
});

it('says before an order of units what it costs, and why one does not fit', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/capacity');
  await page.getByRole('link', { name: 'Order units' }).click();
  const dialog = page.getByRole('dialog', { name: 'Order units' });
  await dialog.getByLabel('Units').fill('1000000');
  await dialog.getByText(/There is not enough capacity on \d{4}-\d{2}-\d{2}/).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('narrows the audit log by what was done, in the URL', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/organization/audit?action=key.*');
  await page.getByRole('cell', { name: 'key.created' }).first().waitFor();
  expect(await page.getByRole('cell', { name: 'project.created' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Clear what' }).click();
  await page.getByRole('cell', { name: 'project.created' }).first().waitFor();
  expect(new URL(page.url()).searchParams.get('action')).toBeNull();
  expect(complaints).toEqual([]);
  await close();
});
