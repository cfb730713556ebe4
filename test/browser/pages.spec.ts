import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENCY_PAGES, agencyJourneys } from '#test/browser/agency-journeys';
import { BrowserPlatform, expectGoodPage, SCHEMES, WIDTHS_PX } from '#test/browser/browser-platform';

/** They are asked for by HALOGEN_BROWSER_JOURNEYS=yes until they have been seen to pass on a quiet machine. */
const isAskedFor = process.env.HALOGEN_BROWSER_JOURNEYS === 'yes';

let platform: BrowserPlatform;
let imageId: string;
let videoId: string;

beforeAll(async () => {
  if (!isAskedFor) return;
  platform = await BrowserPlatform.start();
  [imageId, videoId] = await Promise.all([
    made({ model: 'photon-1', prompt: 'a lighthouse at dusk', labels: { campaign: 'spring' } }),
    made({ model: 'ray-flash-2', prompt: 'a paper boat on a storm drain', resolution: '540p', duration: '5s' }),
  ]);
});
afterAll(() => platform?.stop());

async function made(body: object): Promise<string> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=55' };
  const response = await platform.journey.fetch('/api/v1/generations', { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await response.json()) as { id: string }).id;
}

const PAGES: { name: string; path: () => string; ready: string }[] = [
  { name: 'home', path: () => '/', ready: 'Home' },
  { name: 'generations', path: () => '/demo-agency/generations', ready: 'Generations' },
  { name: 'generation-image', path: () => `/demo-agency/generations/${imageId}`, ready: 'a lighthouse at dusk' },
  { name: 'generation-video', path: () => `/demo-agency/generations/${videoId}`, ready: 'a paper boat on a storm drain' },
  { name: 'generation-timeline', path: () => `/demo-agency/generations/${videoId}?tab=timeline`, ready: 'a paper boat on a storm drain' },
  { name: 'new-generation', path: () => '/demo-agency/generations/new', ready: 'New generation' },
  ...AGENCY_PAGES.map(({ path, ...page }) => ({ ...page, path: () => path })),
];

(isAskedFor ? describe : describe.skip).each(SCHEMES)('in %s', (scheme) => {
  describe.each(WIDTHS_PX)('%d px wide', (widthPx) => {
    it('the way in is a good page', async () => {
      const stranger = await platform.stranger({ scheme, widthPx });
      await stranger.page.goto('/');
      await stranger.page.getByRole('heading', { level: 1, name: 'Sign in to Halogen' }).waitFor();
      await expectGoodPage(stranger, `sign-in-${scheme}-${widthPx}`);
      await stranger.close();
    });

    it.each(PAGES)('$name is a good page', async ({ name, path, ready }) => {
      const owner = await platform.owner({ scheme, widthPx });
      await owner.page.goto(path());
      await owner.page.getByRole('heading', { level: 1, name: ready }).waitFor();
      await owner.page.waitForFunction(`document.querySelector('[aria-busy="true"]') === null`);
      await expectGoodPage(owner, `${name}-${scheme}-${widthPx}`);
      await owner.close();
    });
  });
});

it.runIf(isAskedFor)('says the same for a page that does not exist', async () => {
  const { page, close } = await platform.owner();
  for (const path of ['/nobody', '/demo-agency/nothing', `/demo-agency/generations/00000000-0000-7000-8000-000000000000`]) {
    await page.goto(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  }
  await close();
});

it.runIf(isAskedFor)('makes an image: its price before the click, its state without reloading, its picture at the end', async () => {
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

it.runIf(isAskedFor)('shows in the list what another client submits, and follows it to its end', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/generations');
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  await made({ model: 'photon-1', prompt: 'a kite over the dunes' });
  const row = page.getByRole('row').filter({ hasText: 'a kite over the dunes' });
  await row.getByText('completed').waitFor();
  await close();
});

it.runIf(isAskedFor)('keeps filters in the URL and clears them', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency/generations?label=campaign:spring');
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  await page.getByLabel('Label').fill('campaign:autumn');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No generation fits these filters' }).waitFor();
  expect(new URL(page.url()).searchParams.get('label')).toBe('campaign:autumn');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('link', { name: 'a paper boat on a storm drain' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'No generation fits these filters' }).waitFor();
  await close();
});

it.runIf(isAskedFor)('cancels after asking, with the focus on the safe button', async () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'ray-2', prompt: 'a very long film', duration: '9s' });
  const created = await platform.journey.fetch('/api/v1/generations', { method: 'POST', headers, body });
  const { id } = (await created.json()) as { id: string };
  const { page, close } = await platform.owner();
  await page.goto(`/demo-agency/generations/${id}`);
  await page.getByRole('button', { name: 'Cancel generation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel generation' });
  await dialog.getByText('426 credits').waitFor();
  await page.waitForFunction(`document.activeElement?.textContent === 'Keep it'`);
  await dialog.getByRole('button', { name: 'Cancel generation' }).click();
  await page.getByLabel('Details').getByText('cancelled').waitFor();
  await close();
});

it.runIf(isAskedFor)('steps a film by frames', async () => {
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

it.runIf(isAskedFor)('works by keyboard alone: skip link, go to, commands, shortcuts', async () => {
  const { page, close } = await platform.owner();
  await page.goto('/demo-agency');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(`document.activeElement?.textContent`)).toBe('Skip to content');
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.getByRole('heading', { level: 1, name: 'Generations' }).waitFor();
  await page.getByRole('link', { name: 'a lighthouse at dusk' }).waitFor();
  await page.keyboard.press('j');
  await page.waitForFunction(`document.activeElement?.matches('tr[data-index="0"] a')`);
  await page.keyboard.press('Control+k');
  await page
    .getByRole('searchbox', { name: 'Search' })
    .or(page.getByRole('textbox', { name: 'Search' }))
    .fill('Home');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });
  await close();
});

it.runIf(isAskedFor)('speaks German and Japanese', async () => {
  for (const [language, title] of [
    ['de-DE', 'Generierungen'],
    ['ja-JP', '生成'],
  ] as const) {
    const { page, close } = await platform.owner({ language });
    await page.goto('/demo-agency/generations');
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await close();
  }
});

(isAskedFor ? describe : describe.skip)('the pages of an agency', () => agencyJourneys(() => platform));
