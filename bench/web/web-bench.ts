import type { Page } from 'playwright-core';
import type { Bench } from '#bench/bench';
import { loadFor } from '#bench/load';
import { measurementOf, percentile, type Sample } from '#bench/measurement';
import { ChangingLanes } from '#bench/web/changing-lanes';
import { openDashboards } from '#bench/web/dashboard-load';
import { openSignedIn } from '#bench/web/signed-in-page';
import { startPlatform } from '#infra/local/platform';

const POOL_CLASS = 'bench-10k';
const DASHBOARDS = 20;
const WATCH_MS = 20_000;
const QUICK_WATCH_MS = 10_000;
/**
 * Repaints over which the heap is watched, or with `--rows` so many, such as 3600: those of an hour, since a leader writes once a second. They
 * come here as often as the page repaints.
 */
const HEAP_REPAINTS = 200;
const REPAINT_EVERY_MS = 250;
/** Before the heap is looked at first: what is compiled and cached once is there by then. */
const WARM_UP_REPAINTS = 150;
const LOAD_MS = 8_000;
const IN_FLIGHT = 4;

/** What the page itself notes: frames, and when it shows another number of own lanes. */
const WATCH = `(() => {
  const seen = (window.__seen = []);
  window.__frames = 0;
  const frame = () => { window.__frames += 1; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  const figure = document.querySelector('[data-state="own"]');
  new MutationObserver(() => seen.push([Number(figure.textContent.replaceAll(',', '')), Date.now()]))
    .observe(figure, { childList: true, characterData: true, subtree: true });
})()`;

/** The operators' Live page with 10,000 lanes that change every second, in headless Chromium; and what 20 such dashboards cost the API. */
export const webBench: Bench = {
  summary:
    'the Live page with 10,000 lanes: frames, time to the page, heap; and the API with 20 dashboards open (--rows: repaints that the heap is watched for, 3600 are an hour’s)',
  async *run({ homeDir, rounds, rows, quick, report }) {
    const platform = await startPlatform({ homeDir: `${homeDir}/platform`, quiet: true });
    const { run } = platform;
    const { browser, page, signedIn } = await openSignedIn(run, 'operator');
    const lanes = new ChangingLanes(run.postgres, POOL_CLASS, await demoTenant(run.api, run.keys.demo));
    try {
      await lanes.start();
      await page.goto(`/admin?pool=${POOL_CLASS}`);
      await page.getByRole('img', { name: /^Site bench: / }).waitFor();
      await page.evaluate(WATCH);
      const frames: Sample[] = [];
      const late: Sample[] = [];
      for (let round = 0; round < rounds; round += 1) {
        report(`frames and time to the page, round ${round + 1} of ${rounds}`);
        const { fps, latencyMs } = await watch(page, lanes, quick ? QUICK_WATCH_MS : WATCH_MS);
        frames.push({ ours: fps, baseline: null });
        late.push({ ours: latencyMs, baseline: null });
      }
      yield measurementOf('web', 'frames at 10,000 lanes', 'fps', frames);
      yield measurementOf('web', 'commit to page p99', 'ms', late);
      const repaints = rows ?? HEAP_REPAINTS;
      report(`heap over ${repaints} repaints`);
      lanes.changeEvery(REPAINT_EVERY_MS);
      await untilRepainted(page, WARM_UP_REPAINTS);
      const before = await heapBytes(page);
      await untilRepainted(page, repaints);
      const growth = (await heapBytes(page)) - before;
      yield measurementOf('web', `heap growth over ${repaints} repaints`, 'kB', [{ ours: growth / 1_000, baseline: before / 1_000 }]);
      await page.goto('about:blank');
      const p99: Sample[] = [];
      const call = async () => {
        const answer = await fetch(`${run.api}/api/v1/ledger/balance`, { headers: { authorization: `Bearer ${run.keys.demo}` } });
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
      };
      for (let round = 0; round < rounds; round += 1) {
        report(`${DASHBOARDS} dashboards, round ${round + 1} of ${rounds}`);
        const none = await loadFor(LOAD_MS, IN_FLIGHT, call);
        const close = await openDashboards(run.api, signedIn, POOL_CLASS, DASHBOARDS);
        const open = await loadFor(LOAD_MS, IN_FLIGHT, call);
        close();
        p99.push({ ours: open.p99Ms, baseline: none.p99Ms });
      }
      yield measurementOf('web', `API p99 with ${DASHBOARDS} dashboards`, 'ms', p99);
    } finally {
      await lanes.stop();
      await browser.close();
      await platform.stop();
    }
  },
};

async function watch(page: Page, lanes: ChangingLanes, forMs: number): Promise<{ fps: number; latencyMs: number }> {
  await page.evaluate('window.__seen.length = 0');
  const started = await page.evaluate<[number, number]>('[window.__frames, performance.now()]');
  await page.waitForTimeout(forMs);
  const ended = await page.evaluate<[number, number]>('[window.__frames, performance.now()]');
  const seen = await page.evaluate<[number, number][]>('window.__seen');
  const latenciesMs = seen.flatMap(([own, atMs]) => {
    const committedAtMs = lanes.committedAtMs.get(own);
    return committedAtMs === undefined ? [] : [Math.max(0, atMs - committedAtMs)];
  });
  if (latenciesMs.length === 0) throw new Error('the page showed no change');
  return { fps: ((ended[0] - started[0]) / (ended[1] - started[1])) * 1_000, latencyMs: percentile(latenciesMs, 0.99) };
}

async function untilRepainted(page: Page, times: number): Promise<void> {
  await page.evaluate('window.__seen.length = 0');
  let seen = 0;
  while (seen < times) {
    await page.waitForTimeout(1_000);
    seen += await page.evaluate<number>('window.__seen.splice(0).length');
  }
}

/** After a collection: what is left is held. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

async function demoTenant(api: string, key: string): Promise<string> {
  const answer = await fetch(`${api}/api/v1/tenants`, { headers: { authorization: `Bearer ${key}` } });
  const { tenants } = (await answer.json()) as { tenants: { id: string }[] };
  const [first] = tenants;
  if (!first) throw new Error('the demo tenant is not there');
  return first.id;
}
