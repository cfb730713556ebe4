import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { RunJson } from '#infra/local/run-file';
import { chromiumPath } from '#infra/local/test-programs';
import { aReviewedBatch } from '#testing/reviewed-batch';

/**
 * How fast somebody can review by keyboard: seeded results, decided one key after the other in the real page of a platform that runs, each
 * key once the page has moved on. Says the rate, and what the API has at the end.
 *
 *     node dist/bench/review/review-run.js <home> [rows]
 */
const [homeDir = '.halogen', rows = '10000'] = process.argv.slice(2);
const ROWS = Number(rows);
const REPORT_EVERY = 1_000;
const REJECT_EVERY = 7;
const LOADED_WITHIN_MS = 120_000;

const run = JSON.parse(readFileSync(join(homeDir, 'run.json'), 'utf8')) as RunJson;
const asked = { headers: { authorization: `Bearer ${run.keys.demo}`, 'content-type': 'application/json' } };

const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] });
try {
  const batchId = await seed();
  const page = await (await browser.newContext({ baseURL: run.api, reducedMotion: 'reduce' })).newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await signIn(page);
  const openedAt = performance.now();
  await page.goto(`/demo-agency/campaigns/${batchId}?tab=review`);
  await page.getByText(`${ROWS} results`, { exact: true }).waitFor({ timeout: LOADED_WITHIN_MS });
  console.log(`${ROWS} results in the page after ${((performance.now() - openedAt) / 1_000).toFixed(1)} s`);
  await review(page);
  const { approved, rejected } = await untilDecided(batchId);
  console.log(`the API has ${approved} approved, ${rejected} rejected; complaints of the page: ${complaints.length}`);
} finally {
  await browser.close();
}

async function seed(): Promise<string> {
  const body = JSON.stringify({ model: 'photon-1', prompt: 'a lighthouse at dusk' });
  const made = await fetch(`${run.api}/api/v1/generations`, { method: 'POST', headers: { ...asked.headers, prefer: 'wait=55' }, body });
  const { assets } = (await made.json()) as { assets: { image: string } };
  const image = new URL(assets.image).pathname.replace('/assets/', '');
  return aReviewedBatch(run.postgres, { tenantId: image.split('/')[0] as string, rows: ROWS, name: `${ROWS} rows`, assets: { image } });
}

async function signIn(page: Page): Promise<void> {
  const { email, password } = run.signIn.owner;
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

async function review(page: Page): Promise<void> {
  const beganAt = performance.now();
  let slowestMs = 0;
  for (let at = 1; at <= ROWS; at += 1) {
    const pressedAt = performance.now();
    await page.keyboard.press(at % REJECT_EVERY === 0 ? 'r' : 'a');
    // The last one has none after it: it stays.
    const next = Math.min(at + 1, ROWS);
    await page.waitForFunction(`document.querySelector('[role="option"][aria-selected="true"]')?.id === 'result-${next}'`);
    slowestMs = Math.max(slowestMs, performance.now() - pressedAt);
    if (at % REPORT_EVERY !== 0 && at !== ROWS) continue;
    const perSecond = (1_000 * at) / (performance.now() - beganAt);
    console.log(`${at} decided, ${perSecond.toFixed(1)} a second, the slowest ${slowestMs.toFixed(0)} ms`);
  }
}

async function untilDecided(batchId: string): Promise<{ approved: number; rejected: number }> {
  for (;;) {
    const answer = await fetch(`${run.api}/api/v1/batches/${batchId}/review`, asked);
    const summary = (await answer.json()) as { waiting: number; approved: number; rejected: number };
    if (summary.waiting === 0) return summary;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
