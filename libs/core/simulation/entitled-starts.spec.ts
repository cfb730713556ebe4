import { expect, it } from 'vitest';
import { entitledStarts, entitledWaitsMs } from '#core/simulation/entitled-starts';
import type { JobHistory } from '#core/simulation/simulated-job';

const ran = (submittedAt: number, startedAt: number, endedAt: number): JobHistory => ({
  job: { tenantId: 't', model: '', lanes: 1, submittedAt, runMs: endedAt - startedAt },
  attempts: [{ startedAt, endedAt, wasRecalled: false }],
});

it('a start is entitled once there is room on the units: at its submit, or when a run before it ends', () => {
  const histories = [ran(0, 5, 100), ran(10, 103, 200), ran(20, 204, 300)];
  expect(entitledStarts(histories, 1)).toMatchObject([
    { job: 0, entitledAt: 0, startedAt: 5, follows: null },
    { job: 1, entitledAt: 100, startedAt: 103, follows: 0 },
    { job: 2, entitledAt: 200, startedAt: 204, follows: 1 },
  ]);
  expect(entitledWaitsMs(histories, 1)).toEqual([5, 3, 4]);
});

it('a start before its turn, on a lent lane, waited for nothing', () => {
  expect(entitledStarts([ran(0, 0, 100), ran(10, 30, 60)], 1)[1]).toMatchObject({ entitledAt: 30, startedAt: 30, follows: null });
});
