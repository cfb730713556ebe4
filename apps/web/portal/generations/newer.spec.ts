import { expect, it } from 'vitest';
import { newerOf } from '#web/portal/generations/newer';

const queued = { id: 'a', state: 'queued' as const, finishedAt: null, attempts: [], stages: [] };
const attempt = { attempt: 1, servedFrom: 'shared' as const, admittedAt: '2026-01-01', beganAt: null, endedAt: null, endReason: null };
const running = { ...queued, state: 'running' as const, attempts: [attempt] };
const completed = { ...running, state: 'completed' as const, finishedAt: '2026-01-02' };
const requeued = { ...queued, attempts: [{ ...attempt, endedAt: '2026-01-02', endReason: 'recalled' as const }] };

it.each([
  { before: undefined, after: queued, newer: queued },
  { before: queued, after: running, newer: running },
  { before: completed, after: running, newer: completed }, // the answer was on its way when the event came
  { before: running, after: requeued, newer: requeued },
  { before: requeued, after: running, newer: requeued },
  { before: { ...completed, id: 'b' }, after: queued, newer: queued },
])('$before.state, then $after.state: $newer.state', ({ before, after, newer }) => expect(newerOf(before, after)).toBe(newer));
