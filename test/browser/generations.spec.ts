import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage, expectGoodPage } from '#test/browser/good-page';

/** Others make generations in the same tenant: ours carry a label of this run. */
const campaign = crypto.randomUUID().slice(0, 8);

let platform: BrowserPlatform;
let imageId: string;
let videoId: string;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
  [imageId, videoId] = await Promise.all([
    platform.create({ model: 'photon-1', prompt: 'a lighthouse at dusk', labels: { campaign } }, 55),
    platform.create({ model: 'ray-flash-2', prompt: 'a paper boat on a storm drain', resolution: '540p', duration: '5s' }, 55),
  ]);
});
afterAll(() => platform?.leave());

it.each([
  { name: 'generations', path: () => '/demo-agency/generations', heading: 'Generations' },
  { name: 'generation-image', path: () => `/demo-agency/generations/${imageId}`, heading: 'a lighthouse at dusk' },
  { name: 'generation-video', path: () => `/demo-agency/generations/${videoId}`, heading: 'a paper boat on a storm drain' },
  { name: 'generation-timeline', path: () => `/demo-agency/generations/${videoId}?tab=timeline`, heading: 'a paper boat on a storm drain' },
  { name: 'new-generation', path: () => '/demo-agency/generations/new', heading: 'New generation' },
])('$name is a good page', ({ path, ...page }) => checkPage(platform, { ...page, path: path() }));

it('makes an image: its price before the click, its state without reloading, its picture at the end', async () => {
  const { page, complaints, close } = await platform.owner();
  await page.goto('/demo-agency/generations/new');
  await page.getByLabel('Prompt').fill('a harbour in the morning');
  await page.getByText(/5 credits, tier shared/).waitFor();
  await page.getByRole('button', { name: 'Create generation' }).click();
  await page.getByRole('heading', { level: 1, name: 'a harbour in the morning' }).waitFor();
  await page.getByRole('img', { name: 'a harbour in the morning' }).waitFor();
  await page.getByRole('tab', { name: 'Ledger lines' }).click();
  await page.getByRole('cell', { name: 'settle' }).first().waitFor();
  expect(page.url()).toContain('tab=ledger');
  expect(complaints).toEqual([]);
  await close();
});

it('shows in the list what another client submits, and follows it to its end', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/generations');
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).first().waitFor();
  await platform.create({ model: 'photon-1', prompt: `a kite over the dunes ${campaign}` });
  const row = page.getByRole('row').filter({ hasText: `a kite over the dunes ${campaign}` });
  await row.getByText('completed').waitFor();
  await close();
});

it('keeps filters in the URL and clears them', async () => {
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/generations?label=campaign:${campaign}`);
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  await page.getByLabel('Label').fill('campaign:autumn');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No generation fits these filters' }).waitFor();
  expect(new URL(page.url()).searchParams.get('label')).toBe('campaign:autumn');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('row').nth(2).waitFor();
  expect(new URL(page.url()).searchParams.get('label')).toBeNull();
  await page.goBack();
  await page.getByRole('heading', { name: 'No generation fits these filters' }).waitFor();
  await close();
});

it('filters by days, and shows the columns that one has chosen, also the next time', async () => {
  const watched = await platform.owner();
  const { page, complaints, close } = watched;
  await page.goto(`/demo-agency/generations?label=campaign:${campaign}`);
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  await page.getByLabel('To (UTC)').fill('2020-01-02');
  await page.getByRole('heading', { name: 'No generation fits these filters' }).waitFor();
  expect(new URL(page.url()).searchParams.get('createdBefore')).toBe('2020-01-03T00:00:00.000Z');
  await page.getByLabel('To (UTC)').fill('');
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Seed', exact: true }).check();
  await page.getByRole('columnheader', { name: 'Seed' }).waitFor();
  await page.getByRole('checkbox', { name: 'Tier', exact: true }).uncheck();
  await page.getByRole('columnheader', { name: 'Tier' }).waitFor({ state: 'hidden' });
  await expectGoodPage(watched, 'columns');
  await page.setViewportSize({ width: 1280, height: 900 }); // where lists are tables
  await page.reload();
  await page.getByRole('columnheader', { name: 'Seed' }).waitFor();
  expect(await page.getByRole('columnheader', { name: 'Tier' }).count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});

it('cancels after asking, with the focus on the safe button', async () => {
  const id = await platform.create({ model: 'ray-2', prompt: 'a very long film', duration: '9s' });
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/generations/${id}`);
  await page.getByRole('button', { name: 'Cancel generation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel generation' });
  await dialog.getByText('426 credits').waitFor();
  await dialog.locator('button:focus', { hasText: 'Keep it' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel generation' }).click();
  await page.getByLabel('Details').getByText('cancelled').waitFor();
  await close();
});

it('cancels all that match on the server, after saying how many', async () => {
  const label = `batch:${crypto.randomUUID().slice(0, 8)}`;
  const [key = '', value = ''] = label.split(':');
  const notBefore = {
    model: 'ray-2',
    prompt: 'a slow train',
    resolution: '4k',
    duration: '9s',
    serviceTier: 'flex',
    labels: { [key]: value },
  };
  await Promise.all(Array.from({ length: 12 }, () => platform.create(notBefore)));
  const { page, complaints, close } = await platform.owner();
  await page.goto(`/demo-agency/generations?label=${label}`);
  await page.getByText('12 generations', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Cancel all that match' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel generations' });
  await dialog.getByText(/unfinished generations are cancelled/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel generations' }).click();
  await dialog.getByText(/generations cancelled, \d+ had ended before/).waitFor();
  const outcomes = dialog.getByRole('table', { name: 'What became of each' });
  await outcomes.getByRole('cell', { name: 'cancelled' }).first().waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('list', { name: 'By state' }).getByText('cancelled').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('compares generations beside each other, films frame by frame', async () => {
  const label = `compared:${crypto.randomUUID().slice(0, 8)}`;
  const [key = '', value = ''] = label.split(':');
  const film = { model: 'ray-2', resolution: '540p', duration: '5s', labels: { [key]: value } };
  await Promise.all(['a slow train', 'a fast train'].map((prompt) => platform.create({ ...film, prompt }, 55)));
  const watched = await platform.owner();
  const { page, complaints, close } = watched;
  await page.goto(`/demo-agency/generations?label=${label}`);
  await page.getByRole('checkbox', { name: 'Choose row 1' }).check();
  await page.getByRole('checkbox', { name: 'Choose row 2' }).check();
  await page.getByRole('button', { name: 'Compare generations' }).click();
  await page.getByRole('heading', { level: 1, name: 'Compare generations' }).waitFor();
  const [slow, fast] = ['a slow train', 'a fast train'].map((name) => page.getByRole('article', { name }));
  await Promise.all([slow, fast].map((one) => one?.getByText('Frame 1 of 120').waitFor()));
  await page.keyboard.press('.');
  await Promise.all([slow, fast].map((one) => one?.getByText('Frame 2 of 120').waitFor()));
  await expectGoodPage(watched, 'compare');
  expect(complaints).toEqual([]);
  await close();
});

it('keeps a filter under a name, on the server', async () => {
  const name = `Failed films ${campaign}`;
  const watched = await platform.owner();
  const { page, complaints, close } = watched;
  await page.goto('/demo-agency/generations?model=ray-2&state=failed');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click();
  await page.getByRole('button', { name: `Delete view ${name}` }).waitFor();
  await page.goto('/demo-agency/generations');
  await page.getByRole('combobox', { name: 'View', exact: true }).click();
  await page.getByRole('option', { name }).click();
  await page.waitForURL(/state=failed/);
  expect(new URL(page.url()).searchParams.get('model')).toBe('ray-2');
  await expectGoodPage(watched, 'saved-view');
  await page.getByRole('button', { name: `Delete view ${name}` }).click();
  await page.getByText('Deleted the view').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('steps a film by frames', async () => {
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/generations/${videoId}`);
  await page.getByText('Frame 1 of 120').waitFor();
  await page.getByRole('button', { name: 'One frame on' }).click();
  await page.getByText('Frame 2 of 120').waitFor();
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('.');
  await page.getByText('Frame 3 of 120').waitFor();
  await page.keyboard.press(',');
  await page.getByText('Frame 2 of 120').waitFor();
  await close();
});
