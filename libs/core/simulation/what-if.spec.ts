import { expect, it } from 'vitest';
import { evenFleet } from '#core/simulation/fleet';
import { waitMs } from '#core/simulation/measure';
import { simulatePlanner } from '#core/simulation/simulate-planner';
import { changedLoad, type ReplayedLoad, replay, replaySettings, type WhatIfChange } from '#core/simulation/what-if';
import { burstyJobs } from '#testing/bursty-jobs';

const seed = Number(process.env.HALOGEN_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`what-if.spec seed ${seed}`);

const load: ReplayedLoad = {
  jobs: burstyJobs({ seed, tenants: 100, jobs: 1_500, offeredLanes: 28 }),
  fleet: evenFleet(32, 4),
  units: new Map([['t0', 8]]),
  weights: new Map(),
};
const changed = (...changes: WhatIfChange[]) => {
  const outcome = changedLoad(load, changes);
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome;
};

it('more nodes wait less, fewer wait more, and the guarantee is kept', () => {
  const before = replay(load);
  const more = replay(changed({ change: 'add_nodes', siteId: 'site', nodes: 1, lanesPerNode: 8 }));
  const fewer = replay(changed({ change: 'lose_node', nodeId: 'n3' }));
  expect([fewer.lanes, before.lanes, more.lanes]).toEqual([24, 32, 40]);
  expect(more.wait_p99_s).toBeLessThan(before.wait_p99_s);
  expect(fewer.wait_p99_s).toBeGreaterThan(before.wait_p99_s);
  expect([more, before, fewer].map(({ ded_le_1s_pct }) => ded_le_1s_pct)).toEqual([100, 100, 100]);
});

it('units that are sold keep their guarantee from then on', () => {
  const after = replay(changed({ change: 'sell_units', tenantId: 't1', units: 4 }, { change: 'sell_units', tenantId: 't1', units: 4 }));
  expect(after).toMatchObject({ sold_units: 16, ded_le_1s_pct: 100, unserved: 0 });
});

it('a larger share waits less', () => {
  const jobs = ['heavy', 'light'].flatMap((tenantId) =>
    Array.from({ length: 200 }, () => ({ tenantId, model: 'm', lanes: 1, submittedAt: 0, runMs: 1_000 })),
  );
  const meanWaitMs = (weight: number) => {
    const day = changed({ change: 'set_share', tenantId: 'light', weight });
    const { histories } = simulatePlanner(jobs, { ...replaySettings({ ...day, units: new Map() }), stopwatch: () => 0 });
    const waits = histories.filter(({ job }) => job.tenantId === 'light').map(waitMs);
    return waits.reduce((sum, each) => sum + each, 0) / waits.length;
  };
  expect(meanWaitMs(8)).toBeLessThan(meanWaitMs(1));
});

it.each<[WhatIfChange, string]>([
  [{ change: 'lose_node', nodeId: 'nowhere' }, 'unknown_node'],
  [{ change: 'lose_site', siteId: 'nowhere' }, 'unknown_site'],
  [{ change: 'lose_site', siteId: 'site' }, 'no_lanes_left'],
])('refuses %o: %s', (change, refused) => {
  expect(changedLoad(load, [change])).toMatchObject({ refused });
});

it('tells how far it is', () => {
  const told: number[] = [];
  replay(load, (ended) => told.push(ended));
  expect(told).toEqual([500, 1_000, 1_500]);
});
