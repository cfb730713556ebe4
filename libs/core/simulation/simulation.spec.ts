import { describe, expect, it } from 'vitest';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { evenFleet } from '#core/simulation/fleet';
import { measure } from '#core/simulation/measure';
import { simulateFifo, simulateStatic, withoutPlanner } from '#core/simulation/simulate-fifo';
import { type SimulationSettings, simulatePlanner } from '#core/simulation/simulate-planner';
import { type SimulatedJob, startOf } from '#core/simulation/simulated-job';
import { burstyJobs } from '#testing/bursty-jobs';

const seed = Number(process.env.HALOGEN_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`simulation.spec seed ${seed}`);

const LANES = 32;
const settings: SimulationSettings = {
  fleet: evenFleet(LANES, 4),
  modelsPerNode: 2,
  units: new Map([
    ['t0', 8],
    ['t1', 8],
    ['t2', 8],
  ]),
  recalls: true,
  residency: true,
  reloadMs: 0,
  firstEstimateMs: 30_000,
  stopwatch: () => 0,
};
const jobs = burstyJobs({ seed, tenants: 200, jobs: 3_000, offeredLanes: 28 });

describe('under a bursty load', () => {
  const halo = simulatePlanner(jobs, settings);
  const figures = measure(halo, settings.units);

  it('provisioned work starts as on a private partition, or earlier', () => {
    expect(figures.ded_le_1s_pct).toBe(100);
    expect(figures.entitled_le_1s_pct).toBe(100);
    expect(figures.recalls).toBeGreaterThan(0);
  });

  it('no lane idles beside waiting work, but for what recalls lose', () => {
    expect(figures.work_conserving_pct).toBeGreaterThan(98);
    expect(figures.lost_pct).toBeLessThan(2);
  });

  it('waiting for a lane instead of recalling one breaks guarantees; first come, first served breaks more', () => {
    const borrow = measure(simulatePlanner(jobs, { ...settings, recalls: false }), settings.units);
    const fifo = measure(withoutPlanner(simulateFifo(jobs, LANES), LANES), settings.units);
    expect(borrow.ded_le_1s_pct).toBeLessThan(100);
    expect(fifo.ded_le_1s_pct).toBeLessThan(borrow.ded_le_1s_pct);
  });

  it('partitions keep the guarantee and waste the rest', () => {
    const parts = measure(withoutPlanner(simulateStatic(jobs, LANES, settings.units), LANES), settings.units);
    expect(parts.ded_le_1s_pct).toBe(100);
    expect(parts.work_conserving_pct).toBeLessThan(figures.work_conserving_pct);
  });

  it('misses fewer models when it knows where they are', () => {
    const blind = measure(simulatePlanner(jobs, { ...settings, residency: false }), settings.units);
    expect(figures.model_miss_pct).toBeLessThan(blind.model_miss_pct);
  });

  it('is the same again', () => {
    expect(simulatePlanner(jobs, settings)).toEqual(halo);
  });
});

it('counts every lane second once: what ran, and what was lost', () => {
  const run = simulatePlanner(jobs, { ...settings, reloadMs: 5_000 });
  let lostMs = 0;
  for (const { job, attempts } of run.histories) {
    for (const { startedAt, endedAt, wasRecalled } of attempts) lostMs += endedAt - startedAt - (wasRecalled ? 0 : job.runMs);
  }
  expect(run.lostLaneMs).toBeCloseTo(lostMs, 0);
});

it('goes on where the heads that the index holds end', () => {
  const many = Array.from(
    { length: 3_000 },
    (_, at): SimulatedJob => ({ tenantId: 'a', model: 'm', lanes: 1, submittedAt: 0, runMs: 1_000 + at }),
  );
  const run = simulatePlanner(many, { ...settings, units: new Map() });
  expect([run.histories.length, run.unserved]).toEqual([3_000, 0]);
});

it('counts what nothing can run, and runs the rest', () => {
  const aJob = (lanes: number, tier: ServiceTier): SimulatedJob => ({ tenantId: 'a', model: 'm', lanes, submittedAt: 0, runMs: 10, tier });
  const run = simulatePlanner([aJob(9, 'shared'), aJob(1, 'dedicated'), aJob(8, 'shared')], { ...settings, units: new Map() });
  expect(run.histories.map(({ job }) => job.lanes)).toEqual([8]);
  expect(run.unserved).toBe(2);
});

it('serves one queue in its order, each job when enough lanes are free', () => {
  const aJob = (submittedAt: number, runMs: number, lanes = 1): SimulatedJob => ({ tenantId: 'a', model: 'm', lanes, submittedAt, runMs });
  const histories = simulateFifo([aJob(0, 10), aJob(0, 30), aJob(1, 5, 2), aJob(2, 1)], 2);
  expect(histories.map(startOf)).toEqual([0, 0, 30, 35]);
});
