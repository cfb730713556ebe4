import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium } from '#test/browser/chromium';
import { JourneyPlatform } from '#test/journeys/journey-platform';

export const WIDTHS_PX = [1280, 390] as const;
export const SCHEMES = ['light', 'dark'] as const;
const HEIGHT_PX = 900;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

type Look = { widthPx?: number; scheme?: (typeof SCHEMES)[number]; language?: string };

/** A platform, a browser, and somebody who has signed in to it. */
export class BrowserPlatform {
  private state: Awaited<ReturnType<BrowserContext['storageState']>> | undefined;
  private operatorState: typeof this.state;

  private constructor(
    readonly journey: JourneyPlatform,
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<BrowserPlatform> {
    const browser = await launchChromium();
    return new BrowserPlatform(await JourneyPlatform.start(), browser);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.journey.stop();
  }

  get origin(): string {
    return this.journey.platform.run.api;
  }

  /** A page as somebody sees it who has not signed in. */
  async stranger(look: Look = {}): Promise<WatchedPage> {
    return watched(await this.context(look));
  }

  /** A page of the demo tenant's owner. */
  async owner(look: Look = {}): Promise<WatchedPage> {
    this.state ??= await this.signIn('owner', '/', 'Home');
    return watched(await this.context(look, this.state));
  }

  /** A page of the platform's operator. */
  async operator(look: Look = {}): Promise<WatchedPage> {
    this.operatorState ??= await this.signIn('operator', '/admin', 'Live');
    return watched(await this.context(look, this.operatorState));
  }

  private async signIn(person: 'owner' | 'operator', path: string, arrived: string) {
    const { email, password } = this.journey.platform.run.signIn[person];
    const { page, close } = await this.stranger();
    await page.goto(path);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: arrived }).waitFor();
    const state = await page.context().storageState();
    await close();
    return state;
  }

  private context(
    { widthPx = 1280, scheme = 'light', language = 'en-GB' }: Look,
    storageState?: typeof this.state,
  ): Promise<BrowserContext> {
    return this.browser.newContext({
      baseURL: this.origin,
      viewport: { width: widthPx, height: HEIGHT_PX },
      colorScheme: scheme,
      locale: language,
      reducedMotion: 'reduce',
      storageState,
    });
  }
}

export interface WatchedPage {
  page: Page;
  /** What went to the console as an error, was thrown, or broke the policy. */
  complaints: string[];
  close(): Promise<void>;
}

async function watched(context: BrowserContext): Promise<WatchedPage> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The browser's own line about an answer of 401 or 404 is no fault of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints, close: () => context.close() };
}

/** What every page owes: accessible by WCAG 2.2 AA without serious findings, nothing sideways, no complaint. */
export async function expectGoodPage({ page, complaints }: WatchedPage, name: string): Promise<void> {
  const shots = process.env.HALOGEN_SCREENSHOTS;
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'), `${name}: sideways`).toBeLessThanOrEqual(0);
  await page.evaluate(axe.source);
  const violations = await page.evaluate<AxeResults['violations']>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  );
  const findings = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(findings, `${name}: accessibility`).toEqual([]);
  expect(complaints, `${name}: complaints`).toEqual([]);
}
