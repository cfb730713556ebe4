import type { Page } from 'playwright-core';
import type { Bench } from '#bench/bench';
import { measurementOf, percentile } from '#bench/measurement';
import { openSignedIn } from '#bench/web/signed-in-page';
import { startPlatform } from '#infra/local/platform';
import type { RunJson } from '#infra/local/run-file';
import { aReviewedBatch } from '#testing/reviewed-batch';

const ROWS = 10_000;
const QUICK_ROWS = 1_000;
const REPORT_EVERY = 1_000;
/** One in so many is rejected, so that both keys are pressed. */
const REJECT_EVERY = 7;
const LOADED_WITHIN_MS = 120_000;
const ASKED_AGAIN_AFTER_MS = 500;

/**
 * How fast somebody can review by keyboard: seeded results, decided one key after the other in the real page of a whole platform, each key
 * once the page has moved on. It ends when the API has every decision, and fails if one of them is not the key that was pressed.
 */
export const reviewBench: Bench = {
  summary:
    'review of 10,000 results by keyboard in the portal: decisions a second, the slowest, and that the API has each (--rows: other than 10,000)',
  async *run({ homeDir, rows = ROWS, quick, report }) {
    const results = quick ? QUICK_ROWS : rows;
    const { run, stop } = await startPlatform({ homeDir: `${homeDir}/platform`, quiet: true });
    const { browser, page } = await openSignedIn(run, 'owner');
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    try {
      report(`${results} results are seeded`);
      const batchId = await seed(run, results);
      const openedAt = performance.now();
      await page.goto(`/demo-agency/campaigns/${batchId}?tab=review`);
      await page.getByText(`${results} results`, { exact: true }).waitFor({ timeout: LOADED_WITHIN_MS });
      yield one('all results in the page', 's', (performance.now() - openedAt) / 1_000);
      const beganAt = performance.now();
      const tookMs = await review(page, results, report);
      yield one('decided by keyboard', '/s', results / ((performance.now() - beganAt) / 1_000));
      yield one('key to next result p99', 'ms', percentile(tookMs, 0.99));
      yield one('key to next result, slowest', 'ms', Math.max(...tookMs));
      const waitedFrom = performance.now();
      await expectDecided(run, batchId, results);
      yield one('last key to the API having all', 's', (performance.now() - waitedFrom) / 1_000);
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints[0]}`);
    } finally {
      await browser.close();
      await stop();
    }
  },
};

function one(metric: string, unit: string, ours: number) {
  return measurementOf('review', metric, unit, [{ ours, baseline: null }]);
}

function headersOf({ keys }: RunJson) {
  return { authorization: `Bearer ${keys.demo}`, 'content-type': 'application/json' };
}

/** A campaign that has ended; each of its rows shows the one picture that was really made. */
async function seed(run: RunJson, rows: number): Promise<string> {
  const made = await fetch(`${run.api}/api/v1/generations`, {
    method: 'POST',
    headers: { ...headersOf(run), prefer: 'wait=55' },
    body: JSON.stringify({ model: 'photon-1', prompt: 'a lighthouse at dusk' }),
  });
  const { assets } = (await made.json()) as { assets: { image: string } | null };
  if (!assets) throw new Error('the picture was not made within 55 s');
  const image = new URL(assets.image).pathname.replace('/assets/', '');
  return aReviewedBatch(run.postgres, { tenantId: image.split('/')[0] as string, rows, name: `${rows} rows`, assets: { image } });
}

/** @returns of each key the time until the next result was the one looked at, in ms */
async function review(page: Page, rows: number, report: (line: string) => void): Promise<number[]> {
  const tookMs: number[] = [];
  for (let at = 1; at <= rows; at += 1) {
    const pressedAt = performance.now();
    await page.keyboard.press(at % REJECT_EVERY === 0 ? 'r' : 'a');
    const next = Math.min(at + 1, rows); // the last one has none after it: it stays
    await page.waitForFunction(`document.querySelector('[role="option"][aria-selected="true"]')?.id === 'result-${next}'`);
    tookMs.push(performance.now() - pressedAt);
    if (at % REPORT_EVERY === 0) report(`${at} of ${rows} decided`);
  }
  return tookMs;
}

async function expectDecided(run: RunJson, batchId: string, rows: number): Promise<void> {
  const rejected = Math.floor(rows / REJECT_EVERY);
  for (;;) {
    const answer = await fetch(`${run.api}/api/v1/batches/${batchId}/review`, { headers: headersOf(run) });
    const summary = (await answer.json()) as { waiting: number; approved: number; rejected: number };
    if (summary.waiting > 0) await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_AFTER_MS));
    else if (summary.rejected === rejected && summary.approved === rows - rejected) return;
    else throw new Error(`the API has ${summary.approved} approved and ${summary.rejected} rejected of ${rows}`);
  }
}
