import type { Bench, BenchContext } from '#bench/bench';
import { type BenchDatabase, benchDatabase, benchPostgres } from '#bench/database';
import { DispatchRig } from '#bench/dispatch/dispatch-rig';
import { PgBossBaseline } from '#bench/dispatch/pg-boss-baseline';
import { type Measurement, measurementOf, type Sample } from '#bench/measurement';
import { spanSink } from '#bench/submit/span-sink';

/** Of all rounds together. */
const MEASURED_MS = 60_000;
const QUICK_MS = 12_000;
const BASELINE_MS = 4_000;
/** More than any round could start. */
const STARTS_PER_S = 4_000;
const BASELINE_JOBS_PER_S = 12_000;
const TENANTS = 100;

export const dispatchBench: Bench = {
  summary: 'starts a second from a backlog on 256 lanes that real settles free, against pg-boss; what a million queued cost, and memory',
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
    await rig.fill((totalMs / 1_000) * STARTS_PER_S * 0.6);
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
}

async function aBaseline(context: BenchContext, database: BenchDatabase): Promise<PgBossBaseline> {
  context.report('filling pg-boss');
  return PgBossBaseline.on(database.ownerUrl, ((context.rounds * BASELINE_MS) / 1_000) * BASELINE_JOBS_PER_S);
}
