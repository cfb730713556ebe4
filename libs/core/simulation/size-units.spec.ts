import { expect, it } from 'vitest';
import { describedJobs } from '#core/simulation/described-load';
import type { SimulatedJob } from '#core/simulation/simulated-job';
import { sizeUnits } from '#core/simulation/size-units';

const aJob = (submittedAt: number, runMs: number, lanes = 1): SimulatedJob => ({ tenantId: 'you', model: 'm', lanes, submittedAt, runMs });
const BOUNDS = { minUnits: 1, maxUnits: 64 };

it.each([
  { waitP99Ms: 0, needed: 4 },
  { waitP99Ms: 10, needed: 2 },
  { waitP99Ms: 20, needed: 2 },
  { waitP99Ms: 30, needed: 1 },
])('four jobs of 10 ms at once, none to wait for more than $waitP99Ms ms → $needed units', ({ waitP99Ms, needed }) => {
  const jobs = Array.from({ length: 4 }, () => aJob(0, 10));
  expect(sizeUnits({ jobs, waitP99Ms, ...BOUNDS }).neededUnits).toBe(needed);
});

it('tells what no number of units that may be tried can do', () => {
  const jobs = Array.from({ length: 9 }, () => aJob(0, 10));
  const { neededUnits, points, peakLanes } = sizeUnits({ jobs, waitP99Ms: 0, minUnits: 1, maxUnits: 8 });
  expect([neededUnits, points.at(-1)?.units, peakLanes]).toEqual([null, 8, 9]);
  expect(sizeUnits({ jobs: [aJob(0, 1, 9)], waitP99Ms: 0, minUnits: 1, maxUnits: 8 }).neededUnits).toBeNull();
});

it('of a load described: more units wait less and spill over less, and the answer keeps the wait', () => {
  const mix = [
    { model: 'photon-1', outputKey: '1080p', lanes: 1, runMs: 4_000, share: 3 },
    { model: 'ray-2', outputKey: '720p/5s', lanes: 1, runMs: 40_000, share: 1 },
  ];
  const jobs = describedJobs({ mix, arrivalsPerHour: [100, 700, 300, 50] }, { seed: 7, maxJobs: 2_000 });
  expect(jobs).toHaveLength(1_150);
  const { neededUnits, points } = sizeUnits({ jobs, waitP99Ms: 5_000, minUnits: 1, maxUnits: 1_000 });
  const needed = points.find(({ units }) => units === neededUnits);
  expect(needed?.waitP99Ms).toBeLessThanOrEqual(5_000);
  expect(points.find(({ units }) => units === (neededUnits as number) - 1)?.waitP99Ms).toBeGreaterThan(5_000);
  for (const [at, point] of points.slice(1).entries()) {
    expect(point.waitP99Ms).toBeLessThanOrEqual(points[at]?.waitP99Ms as number);
    expect(point.spilloverPart).toBeLessThanOrEqual(points[at]?.spilloverPart as number);
  }
});

it('keeps the busiest stretch of a load that is too large', () => {
  const mix = [{ model: 'm', outputKey: 'o', lanes: 1, runMs: 1_000, share: 1 }];
  const of = (arrivalsPerHour: number[]) => describedJobs({ mix, arrivalsPerHour }, { seed: 7, maxJobs: 100 });
  expect(of([90, 5, 60, 40, 3])).toHaveLength(95);
  const cut = of([10, 1_000]);
  expect(cut).toHaveLength(100);
  expect(cut.at(-1)?.submittedAt).toBeLessThanOrEqual(360_000); // a tenth of the hour: as dense as it was
});
