import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext } from '#bench/bench';
import { type Measurement, measurementOf, percentile } from '#bench/measurement';
import { WholePlatform } from '#bench/whole-platform';

const STARTS_PER_S = 5;
const MEASURED_S = 30;
const WARM_UP = 10;

/** With Temporal and agents, at a rate that leaves lanes free: from a submit's commit until its first stage runs on a lane. */
export async function* measureBegan(context: BenchContext): AsyncIterable<Measurement> {
  await using platform = await WholePlatform.start(context);
  for (let made = 1; made <= WARM_UP; made += 1) {
    await platform.submit();
    await platform.untilCompleted(made);
  }
  const wanted = STARTS_PER_S * MEASURED_S;
  context.report(`asking for ${wanted} generations, ${STARTS_PER_S} a second, through Temporal and agents`);
  const beginMs = performance.now();
  const submits: Promise<void>[] = [];
  for (let at = 0; at < wanted; at += 1) {
    await pause(Math.max(0, beginMs + (at * 1_000) / STARTS_PER_S - performance.now()));
    submits.push(platform.submit());
  }
  await Promise.all(submits);
  await platform.untilCompleted(WARM_UP + wanted);
  const begun = await platform.database.query<{ ms: number }>(
    `SELECT (extract(epoch FROM first_began_at - created_at) * 1000)::float8 AS ms FROM generations ORDER BY created_at OFFSET ${WARM_UP}`,
  );
  const waitsMs = begun.map(({ ms }) => ms);
  context.report(`began after ${percentile(waitsMs, 0.5).toFixed(0)} ms at P50, ${percentile(waitsMs, 0.99).toFixed(0)} ms at P99`);
  yield measurementOf('dispatch', 'began_p99_ms', 'ms', [{ ours: percentile(waitsMs, 0.99), baseline: null }]);
}
