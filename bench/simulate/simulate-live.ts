import { inBenchHome } from '#bench/bench-home';
import { benchDatabase, benchPostgres } from '#bench/database';
import { type LateStarts, lateStarts } from '#bench/live/late-starts';
import { LIVE_REPLACED, liveRun } from '#bench/live/live-run';
import { percentile } from '#bench/measurement';
import { spanSink } from '#bench/submit/span-sink';
import { entitledWaitsMs } from '#core/simulation/entitled-starts';
import { type Figures, measure } from '#core/simulation/measure';
import type { JobHistory, SimulatedJob } from '#core/simulation/simulated-job';

export interface LiveSimulationSettings {
  lanes: number;
  nodes: number;
  units: ReadonlyMap<string, number>;
  /** Arrivals and run times are divided by it; figures are in the trace's own time. */
  timeScale: number;
  firstEstimateMs: number;
}

export interface LiveFigures extends Figures {
  /** In real time. */
  entitled_p99_ms: number;
  real_wall_s: number;
  late_starts: LateStarts;
  replaced: string;
}

const POOL_CLASS = 'trace';
const report = (line: string) => console.error(line);

/** The trace through the running platform rather than through the planner alone. */
export async function simulateLive(jobs: readonly SimulatedJob[], settings: LiveSimulationSettings): Promise<LiveFigures> {
  const { lanes, nodes, units, timeScale, firstEstimateMs } = settings;
  const tenants = new Map(jobs.map(({ tenantId }) => [tenantId, units.get(tenantId) ?? 0]));
  const outcome = await inBenchHome(report, async (home) => {
    await using sink = await spanSink();
    const server = await benchPostgres({ ...home, report });
    await using database = await benchDatabase(server, home);
    return await liveRun({ ...home, report }, database, {
      pools: [{ poolClass: POOL_CLASS, nodes, lanesPerNode: lanes / nodes, tenants }],
      jobs: jobs.map((job) => ({ ...job, submittedAt: job.submittedAt / timeScale, runMs: job.runMs / timeScale, priority: 0 })),
      firstEstimateMs: firstEstimateMs / timeScale,
      traceEndpoint: sink.url,
    });
  });
  const histories = outcome.histories.map((history, at) => inTraceTime(history, jobs[at] as SimulatedJob, timeScale));
  const byTenant = Map.groupBy(histories, ({ job }) => job.tenantId);
  const entitled = [...units].flatMap(([tenantId, ofTenant]) => entitledWaitsMs(byTenant.get(tenantId) ?? [], ofTenant));
  const starts = histories.reduce((sum, { attempts }) => sum + attempts.length, 0);
  const { recalls, lostLaneMs, wallMs } = outcome;
  const untold = { borrowedLaneMs: 0, modelMisses: 0, decisions: 0, decidingMs: 0, unserved: 0 };
  const run = { histories, lanes, recalls, lostLaneMs: lostLaneMs * timeScale, starts, ...untold };
  return {
    ...measure(run, units),
    entitled_p99_ms: percentile(entitled, 0.99) / timeScale,
    real_wall_s: wallMs / 1_000,
    late_starts: lateStarts(outcome.histories, units, timeScale),
    replaced: LIVE_REPLACED,
  };
}

function inTraceTime({ attempts }: JobHistory, job: SimulatedJob, timeScale: number): JobHistory {
  return {
    job,
    attempts: attempts.map(({ startedAt, endedAt, wasRecalled }) => ({
      startedAt: startedAt * timeScale,
      endedAt: endedAt * timeScale,
      wasRecalled,
    })),
  };
}
