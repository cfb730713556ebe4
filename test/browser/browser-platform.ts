import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import type { PersonName } from '#infra/local/secrets';
import type { Shared } from '#test/browser/shared-platform';

const HEIGHT_PX = 900;
const PATIENCE_MS = 20_000;
const LABEL_PASSWORD = /^Password/; // its star is part of the label
const SIGN_IN_PAGES: Record<PersonName, string> = { owner: '/sign-in', operator: '/admin/sign-in', secondOperator: '/admin/sign-in' };

type SignedIn = Awaited<ReturnType<BrowserContext['storageState']>>;

interface Look {
  widthPx?: number;
  language?: string;
}

/** The platform and the Chromium of all specs, as one spec file uses them. */
export class BrowserPlatform {
  private readonly signedIn = new Map<PersonName, Promise<SignedIn>>();

  private constructor(
    readonly run: Shared['run'],
    private readonly browser: Browser,
  ) {}

  /** For `beforeAll`; what the first spec asks for is started. */
  static async join(): Promise<BrowserPlatform> {
    const response = await fetch(inject('sharedPlatformUrl'));
    if (!response.ok) throw new Error(await response.text());
    const { run, browserUrl } = (await response.json()) as Shared;
    return new BrowserPlatform(run, await chromium.connect(browserUrl));
  }

  /** For `afterAll`: the browser goes on for the next spec. */
  leave(): Promise<void> {
    return this.browser.close();
  }

  /** A page as somebody sees it who has not signed in. */
  stranger(look: Look = {}): Promise<WatchedPage> {
    return this.open(look);
  }

  /** A page of the demo tenant's owner. */
  owner(look: Look = {}): Promise<WatchedPage> {
    return this.openAs('owner', look);
  }

  /** A page of an operator. */
  operator(look: Look = {}): Promise<WatchedPage> {
    return this.openAs('operator', look);
  }

  /** A page of another operator, who approves what the first one proposes. */
  secondOperator(look: Look = {}): Promise<WatchedPage> {
    return this.openAs('secondOperator', look);
  }

  /** A request with the demo tenant's key: what another client does while somebody looks at a page. */
  fetch(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.run.keys.demo}`, ...(init.headers as Record<string, string>) };
    return fetch(`${this.run.api}${route}`, { ...init, headers });
  }

  /** Asks for a generation of the demo tenant. @param waitS waits for its end, at most that long @returns its id */
  async create(body: object, waitS = 0): Promise<string> {
    const headers = { 'content-type': 'application/json', ...(waitS > 0 && { prefer: `wait=${waitS}` }) };
    const response = await this.fetch('/api/v1/generations', { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  }

  private async openAs(name: PersonName, look: Look): Promise<WatchedPage> {
    const state = this.signedIn.get(name) ?? this.signIn(name);
    this.signedIn.set(name, state);
    return this.open(look, await state);
  }

  private async signIn(name: PersonName): Promise<SignedIn> {
    const { page, close } = await this.stranger();
    const { email, password } = this.run.signIn[name];
    await page.goto(SIGN_IN_PAGES[name]);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel(LABEL_PASSWORD).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const state = await page.context().storageState();
    await close();
    return state;
  }

  private async open({ widthPx = 1280, language = 'en-GB' }: Look, storageState?: SignedIn): Promise<WatchedPage> {
    const context = await this.browser.newContext({
      baseURL: this.run.api,
      viewport: { width: widthPx, height: HEIGHT_PX },
      colorScheme: 'light',
      locale: language,
      reducedMotion: 'reduce',
      storageState,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return watched(context);
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
