import type { LiveJob, LivePool } from '#bench/live/live-run';

/** Jobs of one kind that arrive one after the other in every queue. */
interface KueueClass {
  name: 'small' | 'medium' | 'large';
  count: number;
  lanes: number;
  runMs: number;
  everyMs: number;
  priority: number;
}

interface KueueGenerator {
  cohorts: number;
  queuesPerCohort: number;
  lanesPerCohort: number;
  unitsPerQueue: number;
  classes: readonly KueueClass[];
}

/** Kueue's own performance tests: cohorts of queues with a nominal quota each. A cohort is a pool class with one node, a queue a tenant with units. */
export const KUEUE_BASELINE: KueueGenerator = {
  cohorts: 5,
  queuesPerCohort: 6,
  lanesPerCohort: 120,
  unitsPerQueue: 20,
  classes: [
    { name: 'small', count: 350, lanes: 1, runMs: 200, everyMs: 100, priority: 50 },
    { name: 'medium', count: 100, lanes: 5, runMs: 500, everyMs: 500, priority: 100 },
    { name: 'large', count: 50, lanes: 20, runMs: 1_000, everyMs: 1_200, priority: 200 },
  ],
};

export const KUEUE_LARGE: KueueGenerator = {
  cohorts: 10,
  queuesPerCohort: 100,
  lanesPerCohort: 2_000,
  unitsPerQueue: 20,
  classes: [
    { name: 'small', count: 35, lanes: 1, runMs: 150, everyMs: 60, priority: 50 },
    { name: 'medium', count: 11, lanes: 5, runMs: 350, everyMs: 300, priority: 100 },
    { name: 'large', count: 4, lanes: 20, runMs: 700, everyMs: 700, priority: 200 },
  ],
};

export function kueueLoad({ cohorts, queuesPerCohort, lanesPerCohort, unitsPerQueue, classes }: KueueGenerator): {
  pools: LivePool[];
  jobs: LiveJob[];
} {
  const pools = Array.from({ length: cohorts }, (_, cohort): LivePool => {
    const queues = Array.from({ length: queuesPerCohort }, (__, queue): [string, number] => [`c${cohort}-q${queue}`, unitsPerQueue]);
    return { poolClass: `cohort-${cohort}`, nodes: 1, lanesPerNode: lanesPerCohort, tenants: new Map(queues) };
  });
  const jobs = pools
    .flatMap(({ tenants }) => [...tenants.keys()])
    .flatMap((tenantId) =>
      classes.flatMap(({ name, count, lanes, runMs, everyMs, priority }) =>
        Array.from({ length: count }, (_, at): LiveJob => ({ tenantId, model: name, lanes, runMs, priority, submittedAt: at * everyMs })),
      ),
    )
    .sort((one, other) => one.submittedAt - other.submittedAt);
  return { pools, jobs };
}
