import type { Bench, BenchContext } from '#bench/bench';
import { benchDatabase, benchPostgres } from '#bench/database';
import { LIVE_REPLACED, type LiveOutcome, liveRun } from '#bench/live/live-run';
import { type Measurement, measurementOf } from '#bench/measurement';
import { KUEUE_BASELINE, KUEUE_LARGE, kueueLoad } from '#bench/schedule/kueue-load';
import { spanSink } from '#bench/submit/span-sink';
import { startOf } from '#core/simulation/simulated-job';

/** What Kueue's own performance tests measured, with real API servers that keep every job as an object: more than is done here. */
const KUEUE_WALL_S = { baseline: 351, large: 1_179 };
const KUEUE_WAIT_S = { large: 16.5, medium: 76.8, small: 215 };
const FIRST_ESTIMATE_MS = 500;

export const scheduleBench: Bench = {
  summary: "Kueue's two generators through submit, Postgres, leader, leases and settle; Kueue's figures are of real API servers per object",
  run: measureSchedule,
};

async function* measureSchedule(context: BenchContext): AsyncIterable<Measurement> {
  context.report(LIVE_REPLACED);
  context.report("baseline: Kueue's published figures, measured elsewhere with real API servers that keep every job as an object");
  const of = (metric: string, ours: number, baseline: number) => measurementOf('schedule', metric, 's', [{ ours, baseline }]);
  const server = await benchPostgres(context);
  const baseline = await played(context, server, KUEUE_BASELINE);
  yield of('kueue_baseline_wall_s', baseline.wallMs / 1_000, KUEUE_WALL_S.baseline);
  for (const name of ['large', 'medium', 'small'] as const) {
    yield of(`kueue_baseline_${name}_wait_s`, meanWaitS(baseline, name), KUEUE_WAIT_S[name]);
  }
  if (context.quick) return;
  const large = await played(context, server, KUEUE_LARGE);
  yield of('kueue_large_wall_s', large.wallMs / 1_000, KUEUE_WALL_S.large);
}

async function played(context: BenchContext, server: string, generator: Parameters<typeof kueueLoad>[0]): Promise<LiveOutcome> {
  await using sink = await spanSink();
  await using database = await benchDatabase(server, context);
  const outcome = await liveRun(context, database, {
    ...kueueLoad(generator),
    firstEstimateMs: FIRST_ESTIMATE_MS,
    traceEndpoint: sink.url,
  });
  context.report(`${outcome.submits} jobs in ${(outcome.wallMs / 1_000).toFixed(1)} s, ${outcome.recalls} recalls`);
  return outcome;
}

function meanWaitS({ histories }: LiveOutcome, className: string): number {
  const waits = histories.filter(({ job }) => job.model === className).map((history) => startOf(history) - history.job.submittedAt);
  return waits.reduce((sum, each) => sum + each, 0) / waits.length / 1_000;
}
