import { expect, it } from 'vitest';
import type { BrowserPlatform } from '#test/browser/browser-platform';

/** Pages beside generations: where they are, and their heading. */
export const AGENCY_PAGES = [
  { name: 'spend', path: '/demo-agency/spend', ready: 'Spend' },
  { name: 'usage', path: '/demo-agency/spend/usage', ready: 'Usage' },
  { name: 'statement', path: '/demo-agency/spend/statement', ready: 'Statement' },
] as const;

/** What an agency does besides making media. */
export function agencyJourneys(platform: () => BrowserPlatform): void {
  it('follows a line of the statement to the ledger lines of its generation', async () => {
    const { page, complaints, close } = await platform().owner();
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

  it('downloads the statement of a month with one line of heads', async () => {
    const { page, close } = await platform().owner();
    await page.goto('/demo-agency/spend/statement');
    await page.getByRole('cell', { name: 'credits granted' }).first().waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
    expect(download.suggestedFilename()).toMatch(/^statement-\d{4}-\d{2}\.csv$/);
    await page.getByText('Downloaded the statement').waitFor();
    await close();
  });

  it('tells usage apart by tier, in the URL', async () => {
    const { page, close } = await platform().owner();
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
}
