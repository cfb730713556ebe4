import { glob, readFile } from 'node:fs/promises';
import { register } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatabaseGauges } from '#apps/background-worker/database-gauges';
import { HotPool } from '#platform/database/hot-pool';
import '#platform/telemetry/metrics';

interface Board {
  uid: string;
  panels: { title: string; targets: { expr: string }[] }[];
}

const METRIC = /\bhalogen_[a-z_]+/g;
/** What a histogram is told as. */
const PARTS = /_(bucket|count|sum)$/;

let pool: HotPool;
let known: Set<string>;

beforeAll(() => {
  pool = new HotPool({ url: 'postgres://127.0.0.1:1/none', applicationName: 'test', maxConnections: 1 });
  new DatabaseGauges(pool); // they are read when somebody asks: nobody does here
  known = new Set(register.getMetricsAsArray().map(({ name }) => name));
});
afterAll(() => pool.close());

const unknownIn = (text: string) =>
  [...new Set(text.match(METRIC) ?? [])].filter((name) => !known.has(name) && !known.has(name.replace(PARTS, '')));

it('every board asks for metrics that /metrics has, and each panel for some', async () => {
  const uids: string[] = [];
  for await (const file of glob('infra/grafana/*.json')) {
    const { uid, panels } = JSON.parse(await readFile(file, 'utf8')) as Board;
    uids.push(uid);
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        expect(expr, `${file}: ${title}`).toMatch(METRIC);
        expect(unknownIn(expr), `${file}: ${title}`).toEqual([]);
      }
    }
  }
  expect(uids.toSorted()).toEqual(['halogen-lanes', 'halogen-platform', 'halogen-queue']);
});

it('every panel of the operators’ pages names a metric that there is, if it names one', async () => {
  let named = 0;
  for await (const file of glob('apps/web/admin/**/*.tsx')) {
    for (const [, metric = ''] of (await readFile(file, 'utf8')).matchAll(/metric="([^"]+)"/g)) {
      named += 1;
      expect(unknownIn(metric), file).toEqual([]);
    }
  }
  expect(named).toBeGreaterThan(8);
});
