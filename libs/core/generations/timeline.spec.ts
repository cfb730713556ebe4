import { expect, it } from 'vitest';
import type { Stage } from '#core/generations/stages';
import { type LeaseFacts, stageReports, type TimelineFacts, timelineOf } from '#core/generations/timeline';

const at = (second: number) => new Date(second * 1_000);
const stages: Stage[] = ['moderate', 'plan', 'draft', 'judge', 'render', 'package', 'publish'];
const done = (stage: Stage, second: number, fence = 1, round = 0) => ({ stage, round, fence, finishedAt: at(second) });

const aLease: LeaseFacts = {
  fence: 1,
  servedFrom: 'shared',
  admittedAt: at(10),
  runStartedAt: at(11),
  beganAt: at(14),
  endedAt: null,
  endReason: null,
};
const running: TimelineFacts = {
  state: 'running',
  stages,
  createdAt: at(0),
  finishedAt: null,
  failureReason: null,
  leases: [aLease],
  checkpoints: [done('moderate', 12), done('plan', 13), done('draft', 20)],
};

it('tells what has happened in the order of cause and effect', () => {
  expect(timelineOf(running).map(({ type, stage }) => stage ?? type)).toEqual([
    'queued',
    'admitted',
    'moderate',
    'plan',
    'running',
    'draft',
  ]);
});

it('goes on after a lost lease with greater numbers', () => {
  const lost: LeaseFacts = { ...aLease, endedAt: at(25), endReason: 'taken_back' };
  const second: LeaseFacts = { ...aLease, fence: 2, admittedAt: at(30), beganAt: at(31), endedAt: at(50), endReason: 'settled' };
  const events = timelineOf({
    ...running,
    state: 'completed',
    finishedAt: at(50),
    leases: [lost, second],
    checkpoints: [...running.checkpoints, done('judge', 32, 2), done('render', 40, 2), done('package', 44, 2), done('publish', 49, 2)],
  });
  expect(events.map(({ type, stage }) => stage ?? type).slice(5)).toEqual([
    'draft',
    'requeued',
    'admitted',
    'running',
    'judge',
    'render',
    'package',
    'publish',
    'completed',
  ]);
  expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(events.length);
});

it('only ever adds: what a reader has seen keeps its number', () => {
  const seen = timelineOf(running);
  const later = timelineOf({ ...running, checkpoints: [...running.checkpoints, done('judge', 22), done('plan', 23, 1, 1)] });
  expect(later.slice(0, seen.length)).toEqual(seen);
});

it('tells a generation that was cancelled while it waited', () => {
  const cancelled = { ...running, state: 'cancelled' as const, leases: [], checkpoints: [], finishedAt: at(5), failureReason: 'Cancelled' };
  expect(timelineOf(cancelled).map(({ type, reason }) => reason ?? type)).toEqual(['queued', 'Cancelled']);
});

it('reports each stage with its times: what is done, the current one, and what waits', () => {
  const reports = stageReports(running);
  expect(reports.map(({ stage, state }) => `${stage} ${state}`)).toEqual([
    'moderate done',
    'plan done',
    'draft done',
    'judge current',
    'render waiting',
    'package waiting',
    'publish waiting',
  ]);
  expect(reports.map(({ startedAt }) => startedAt && startedAt.getTime() / 1_000)).toEqual([11, 12, 13, 20, null, null, null]);
});

it('has no current stage while it waits for a lease, and none left when it has ended', () => {
  expect(stageReports({ ...running, state: 'queued', leases: [], checkpoints: [] }).every(({ state }) => state === 'waiting')).toBe(true);
  expect(stageReports({ ...running, state: 'failed' }).every(({ state }) => state === 'done')).toBe(true);
});
