import type { Bench, BenchContext } from '#bench/bench';
import { type BenchDatabase, benchDatabase, benchPostgres } from '#bench/database';
import { measureBegan } from '#bench/dispatch/began-bench';
import { DispatchRig } from '#bench/dispatch/dispatch-rig';
import { PgBossBaseline } from '#bench/dispatch/pg-boss-baseline';
import { measureRecalls } from '#bench/dispatch/recall-bench';
import { type Measurement, measurementOf, type Sample } from '#bench/measurement';
import { spanSink } from '#bench/submit/span-sink';

/** Of all rounds together. */
const MEASURED_MS = 60_000;
const QUICK_MS = 12_000;
const BASELINE_MS = 4_000;
/** More than any round could start. */
const STARTS_PER_S = 3_500;
const BASELINE_JOBS_PER_S = 12_000;
const TENANTS = 100;
const SHORT_QUEUE = 10_000;
const LONG_QUEUE = 1_000_000;
const QUEUING_TENANTS = 1_000;
/** Of each round of each queue. */
const STARTS_OF_QUEUE = 4_000;

export const dispatchBench: Bench = {
  summary:
    'starts a second from a backlog on 256 lanes that real settles free, against pg-boss; how soon a recalled lane is free, and a run begins through Temporal; what a million queued cost, and memory',
  run: measureDispatch,
};

async function* measureDispatch(context: BenchContext): AsyncIterable<Measurement> {
  const of = (metric: string, unit: string, rounds: Sample[]) => measurementOf('dispatch', metric, unit, rounds);
  const server = await benchPostgres(context);
  await using sink = await spanSink();
  context.report('replaced: workflow and lane agent, by a player that settles at once; one scheduler, no API');
  {
    const totalMs = context.quick ? QUICK_MS : MEASURED_MS;
    const roundMs = totalMs / context.rounds;
    await using database = await benchDatabase(server, context);
    await using baseline = await aBaseline(context, database);
    await using rig = await DispatchRig.over(context, database, { name: 'dispatch', traceEndpoint: sink.url, tenants: TENANTS });
    await rig.fill((totalMs / 1_000) * STARTS_PER_S);
    rig.start();
    await rig.starts(roundMs / 4);
    const perS: Sample[] = [];
    const meanMs: Sample[] = [];
    for (let round = 1; round <= context.rounds; round += 1) {
      await rig.setPaused(true);
      const baselinePerS = await baseline.perSecond(BASELINE_MS);
      await rig.setPaused(false);
      const ours = await rig.starts(roundMs);
      context.report(
        `round ${round}: ${Math.round(ours.perS)} starts/s, a lane idle ${ours.meanMs.toFixed(1)} ms; pg-boss ${Math.round(baselinePerS)} jobs/s`,
      );
      perS.push({ ours: ours.perS, baseline: baselinePerS });
      meanMs.push({ ours: ours.meanMs, baseline: null });
    }
    yield of('starts_per_s', '1/s', perS);
    yield of('start_mean_ms', 'ms', meanMs);
  }
  yield* measureRecalls(context, server, sink.url);
  if (context.quick) return;
  yield* measureBegan(context);
  yield* measureGrowth(context, server, sink.url);
}

/** What a start costs in time beside ten thousand queued, and beside a million; and what the million takes of the scheduler's memory. */
async function* measureGrowth(context: BenchContext, server: string, traceEndpoint: string): AsyncIterable<Measurement> {
  const options = { traceEndpoint, tenants: QUEUING_TENANTS };
  await using shortDatabase = await benchDatabase(server, context);
  await using longDatabase = await benchDatabase(server, context);
  await using short = await DispatchRig.over(context, shortDatabase, { ...options, name: 'short-queue' });
  await using long = await DispatchRig.over(context, longDatabase, { ...options, name: 'long-queue' });
  await short.fill(SHORT_QUEUE);
  await long.fill(LONG_QUEUE);
  for (const rig of [short, long]) {
    rig.start();
    await rig.startsOf(STARTS_OF_QUEUE);
    await rig.setPaused(true);
  }
  const costs: Sample[] = [];
  const rss: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    await short.fill(STARTS_OF_QUEUE);
    const msOf = async (rig: DispatchRig) => {
      await rig.setPaused(false);
      const perS = await rig.startsOf(STARTS_OF_QUEUE);
      await rig.setPaused(true);
      return 1_000 / perS;
    };
    const [shortMs, longMs] = [await msOf(short), await msOf(long)];
    const rssMb = await long.scheduler.rssMb();
    context.report(
      `round ${round}: a start takes ${shortMs.toFixed(3)} ms beside 10,000 queued, ${longMs.toFixed(3)} ms beside 1,000,000; scheduler ${rssMb.toFixed(0)} MB`,
    );
    costs.push({ ours: longMs / shortMs, baseline: 1 });
    rss.push({ ours: rssMb, baseline: null });
  }
  yield measurementOf('dispatch', 'growth_1e4_to_1e6', 'times the time of a start', costs);
  yield measurementOf('dispatch', 'scheduler_rss_mb', 'MB', rss);
}

async function aBaseline(context: BenchContext, database: BenchDatabase): Promise<PgBossBaseline> {
  context.report('filling pg-boss');
  return PgBossBaseline.on(database.ownerUrl, ((context.rounds * BASELINE_MS) / 1_000) * BASELINE_JOBS_PER_S);
}
