import { expect, it } from 'vitest';
import { lateStarts } from '#bench/live/late-starts';
import type { LiveHistory } from '#bench/live/live-attempt';

const RUN_MS = 1_000;
/** A run on the one unit, submitted at once with all others. @param admittedAt its lease's transaction began */
const ran = (admittedAt: number, startedAt: number, endedAt: number, laneRecalledAt: number | null = null): LiveHistory => ({
  job: { tenantId: 't', model: '', lanes: 1, submittedAt: 0, runMs: RUN_MS },
  attempts: [{ startedAt, endedAt, wasRecalled: false, admittedAt, laneRecalledAt }],
});
const of = (histories: LiveHistory[], timeScale: number) => lateStarts(histories, new Map([['t', 1]]), timeScale);

it('adds up what handovers in a row took of a late start, part by part', () => {
  // Each settle takes 10 ms, the leader 20, the commit 30.
  const histories = [ran(0, 0, 1_010), ran(1_030, 1_060, 2_070), ran(2_090, 2_120, 3_130)];
  expect(of(histories, 1).late).toBe(0);
  expect(of(histories, 10)).toMatchObject({
    late: 1, // 120 ms, 1.2 s of the trace's time
    handovers_in_a_row_max: 2,
    late_by_one_wait: 0,
    lag_parts_pct: { settle: 100 / 6, leader: 100 / 3, commit: 50, recall: 0, elsewhere: 0 },
    handovers: 2,
    handover_mean_ms: { settle: 10, leader: 20, commit: 30, recall: 0 },
  });
});

it('tells a wait for a lane that was taken back from a wait for the leader', () => {
  const late = of([ran(1_500, 1_600, 2_600, 1_400)], 1);
  expect(late).toMatchObject({ late: 1, late_by_one_wait: 1, lag_parts_pct: { recall: 93.75, leader: 0, commit: 6.25 } });
});
