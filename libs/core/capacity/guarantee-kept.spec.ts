import { expect, it } from 'vitest';
import { PrivatePartition, type RecordedStart, serviceCredit } from '#core/capacity/guarantee-kept';

const aStart = { generationId: 'one', lanes: 1, priority: 0 };

function played(units: number, starts: readonly (Partial<RecordedStart> & { queuedAtMs: number; startedAtMs: number })[]) {
  const partition = new PrivatePartition();
  partition.resize(units, 0);
  for (const start of starts) partition.queue({ ...aStart, freedAtMs: start.startedAtMs + 10_000, ...start });
  partition.finish();
  return [partition.kept, partition.starts];
}

it.each([
  { says: 'at once', starts: [{ queuedAtMs: 0, startedAtMs: 900 }], expected: [1, 1] },
  { says: 'too late on an idle unit', starts: [{ queuedAtMs: 0, startedAtMs: 1_001 }], expected: [0, 1] },
  {
    says: 'as late as its own units were busy',
    starts: [
      { queuedAtMs: 0, startedAtMs: 0 },
      { queuedAtMs: 5_000, startedAtMs: 10_500 },
    ],
    expected: [2, 2],
  },
  {
    says: 'earlier than its units alone would have served it',
    starts: [
      { queuedAtMs: 0, startedAtMs: 0 },
      { queuedAtMs: 5_000, startedAtMs: 5_100 },
    ],
    expected: [2, 2],
  },
  {
    says: 'later than its units, for work of its own that it put first',
    starts: [
      { queuedAtMs: 0, startedAtMs: 0 },
      { queuedAtMs: 1_000, startedAtMs: 20_000 },
      { queuedAtMs: 2_000, startedAtMs: 10_000, priority: 1 },
    ],
    expected: [3, 3],
  },
  { says: 'a gang of more lanes than units', starts: [{ queuedAtMs: 0, startedAtMs: 60_000, lanes: 2 }], expected: [0, 0] },
])('one unit, $says: $expected', ({ starts, expected }) => {
  expect(played(1, starts)).toEqual(expected);
});

it('tells of each miss when it would have started', () => {
  const partition = new PrivatePartition();
  partition.resize(1, 0);
  partition.queue({ ...aStart, queuedAtMs: 0, startedAtMs: 0, freedAtMs: 10_000 });
  partition.queue({ ...aStart, generationId: 'late', queuedAtMs: 4_000, startedAtMs: 15_000, freedAtMs: 20_000 });
  partition.finish();
  expect(partition.misses).toMatchObject([{ start: { generationId: 'late', startedAtMs: 15_000 }, dueAtMs: 10_000 }]);
});

it('grows and shrinks with the units', () => {
  const partition = new PrivatePartition();
  partition.resize(2, 0);
  for (let job = 0; job < 2; job += 1) partition.queue({ ...aStart, queuedAtMs: 0, startedAtMs: 0, freedAtMs: 10_000 });
  partition.resize(1, 1_000);
  partition.queue({ ...aStart, queuedAtMs: 1_000, startedAtMs: 10_900, freedAtMs: 20_000 });
  partition.finish();
  expect([partition.kept, partition.starts]).toEqual([3, 3]);
});

it.each([
  { kept: 1_000, starts: 1_000, credit: 0n },
  { kept: 999, starts: 1_000, credit: 0n },
  { kept: 998, starts: 1_000, credit: 100n },
  { kept: 980, starts: 1_000, credit: 250n },
  { kept: 900, starts: 1_000, credit: 500n },
  { kept: 0, starts: 0, credit: 0n },
])('$kept of $starts kept: $credit of 1000 are credited', ({ kept, starts, credit }) => {
  expect(serviceCredit({ kept, starts }, 1_000n)).toBe(credit);
});
