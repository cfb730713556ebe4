import axe, { type AxeResults } from 'axe-core';
import { expect } from 'vitest';
import type { BrowserPlatform, WatchedPage } from '#test/browser/browser-platform';

const WIDTHS_PX = [1280, 390] as const;
const SCHEMES = ['light', 'dark'] as const;
const HEIGHT_PX = 900;
/** What axe looks for: the dark pages are the light ones in other colours. */
const RULES = {
  light: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
  dark: { type: 'rule', values: ['color-contrast'] },
};

/** A page to be looked at. */
export interface PageToCheck {
  /** Names its screenshots. */
  name: string;
  path: string;
  /** Its first heading. */
  heading: string | RegExp;
}

/** Opens a page, as the demo tenant's owner unless told otherwise, and holds it to what every page owes. */
export async function checkPage(
  platform: BrowserPlatform,
  { name, path, heading }: PageToCheck,
  as: 'owner' | 'operator' | 'stranger' = 'owner',
): Promise<void> {
  const watched = await platform[as]();
  await watched.page.goto(path);
  await watched.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await expectGoodPage(watched, name);
  await watched.close();
}

/** Colours on their way to others are nobody's contrast; what moves for ever is left out. */
const MOTION_ENDED = `Promise.allSettled(document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime)).map((one) => one.finished)).then(() => undefined)`;

/** In both schemes and at both widths: accessible by WCAG 2.2 AA without serious findings, nothing sideways, no complaint. */
export async function expectGoodPage({ page, complaints }: WatchedPage, name: string): Promise<void> {
  const shots = process.env.HALOGEN_SCREENSHOTS;
  await page.evaluate(axe.source);
  for (const widthPx of WIDTHS_PX) {
    await page.setViewportSize({ width: widthPx, height: HEIGHT_PX });
    for (const scheme of SCHEMES) {
      const look = `${name}-${scheme}-${widthPx}`;
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      await page.evaluate(MOTION_ENDED);
      if (shots) await page.screenshot({ path: `${shots}/${look}.png` });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'), `${look}: sideways`).toBeLessThanOrEqual(0);
      const violations = await page.evaluate<AxeResults['violations']>(
        `axe.run(document, { runOnly: ${JSON.stringify(RULES[scheme])}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
      );
      const findings = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' ')}`);
      expect(findings, `${look}: accessibility`).toEqual([]);
    }
  }
  expect(complaints, `${name}: complaints`).toEqual([]);
}
