import type { BenchContext } from '#bench/bench';
import { benchDatabase, withOwner } from '#bench/database';
import { type LiveJob, type LivePool, liveRun } from '#bench/live/live-run';
import { type Measurement, measurementOf } from '#bench/measurement';

const OWNER = 'owner';
const BORROWER = 'borrower';
const LANES = 16;
const BURSTS = 8;
const BURST_EVERY_MS = 2_000;
const OWN_RUN_MS = 300;
/** Longer than a burst is away: what borrows is always recalled, never done. */
const BORROWED_RUN_MS = 3_000;
/** More than are held back after a recall at any moment. */
const BORROWERS = 112;
const FEWEST_RECALLS = 100;

/** An owner's bursts take all of its lanes back from borrowers, again and again: how long a lane is away from the recall's commit on. */
export async function* measureRecalls(context: BenchContext, server: string, traceEndpoint: string): AsyncIterable<Measurement> {
  await using database = await benchDatabase(server, context);
  const pool: LivePool = {
    poolClass: 'recalls',
    nodes: 2,
    lanesPerNode: LANES / 2,
    tenants: new Map([
      [OWNER, LANES],
      [BORROWER, 0],
    ]),
  };
  await liveRun(context, database, { pools: [pool], jobs: burstsAmongBorrowers(), firstEstimateMs: BORROWED_RUN_MS, traceEndpoint });
  const [figures] = await withOwner(database.ownerUrl, async (owner) => {
    const { rows } = await owner.query<{ recalls: number; p99_ms: number }>(
      `SELECT count(*)::int AS recalls,
              (percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM freed_at - ended_at)) * 1000)::float8 AS p99_ms
         FROM leases WHERE end_reason = 'recalled' AND freed_at IS NOT NULL`,
    );
    return rows;
  });
  if (!figures || figures.recalls < FEWEST_RECALLS) throw new Error(`only ${figures?.recalls} recalls: too few to measure`);
  context.report(`${figures.recalls} recalls, free again after ${figures.p99_ms.toFixed(0)} ms at P99`);
  yield measurementOf('dispatch', 'recall_p99_ms', 'ms', [{ ours: figures.p99_ms, baseline: null }]);
}

function burstsAmongBorrowers(): LiveJob[] {
  const aJob = (tenantId: string, submittedAt: number, runMs: number): LiveJob => ({
    tenantId,
    model: tenantId,
    lanes: 1,
    submittedAt,
    runMs,
    priority: 0,
  });
  const borrowers = Array.from({ length: BORROWERS }, () => aJob(BORROWER, 0, BORROWED_RUN_MS));
  const bursts = Array.from({ length: BURSTS }, (_, burst) =>
    Array.from({ length: LANES }, () => aJob(OWNER, (burst + 1) * BURST_EVERY_MS, OWN_RUN_MS)),
  );
  return [...borrowers, ...bursts.flat()];
}
