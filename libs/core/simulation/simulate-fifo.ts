import { Heap } from '#core/scheduling/heap';
import type { JobHistory, Simulated, SimulatedJob } from '#core/simulation/simulated-job';

/** All lanes serve one queue in the order of its jobs: what a tenant's private partition would do, and the plainest baseline. */
export function simulateFifo(jobs: readonly SimulatedJob[], lanes: number): JobHistory[] {
  const running = new Heap<{ endsAt: number; lanes: number }>((one, other) => one.endsAt < other.endsAt);
  let freeLanes = lanes;
  let now = 0;
  return jobs.map((job) => {
    if (job.lanes > lanes) throw new RangeError(`a job needs ${job.lanes} of ${lanes} lanes`);
    now = Math.max(now, job.submittedAt);
    for (let first = running.best(); first && (first.endsAt <= now || freeLanes < job.lanes); first = running.best()) {
      running.takeBest();
      freeLanes += first.lanes;
      now = Math.max(now, first.endsAt);
    }
    freeLanes -= job.lanes;
    running.add({ endsAt: now + job.runMs, lanes: job.lanes });
    return { job, attempts: [{ startedAt: now, endedAt: now + job.runMs, wasRecalled: false }] };
  });
}

/** Every tenant with units has its own lanes, all others share the rest; nobody lends. */
export function simulateStatic(jobs: readonly SimulatedJob[], lanes: number, units: ReadonlyMap<string, number>): JobHistory[] {
  const byPartition = Map.groupBy(jobs, ({ tenantId }) => (units.has(tenantId) ? tenantId : null));
  const sold = [...units.values()].reduce((sum, each) => sum + each, 0);
  return [...byPartition].flatMap(([tenantId, ofPartition]) =>
    simulateFifo(ofPartition, tenantId === null ? lanes - sold : (units.get(tenantId) as number)),
  );
}

/** For policies that recall nothing, know no models and are not measured for speed. */
export function withoutPlanner(histories: JobHistory[], lanes: number): Simulated {
  return {
    histories,
    lanes,
    recalls: 0,
    lostLaneMs: 0,
    borrowedLaneMs: 0,
    starts: histories.length,
    modelMisses: 0,
    decisions: histories.length,
    decidingMs: 0,
    unserved: 0,
  };
}
