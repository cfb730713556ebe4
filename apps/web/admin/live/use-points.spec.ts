import { expect, it } from 'vitest';
import { pointsOf, stackedSums } from '#web/admin/live/use-points';

const kept = {
  ...{ poolClass: 'p', stepS: 10, from: '2026-11-23T08:00:00Z' },
  ...{ own: [1, null, 3, null], lent: [1, null, 1, null], shared: [0, null, 0, null], flex: [0, null, 0, null], idle: [8, null, 6, null] },
};
const startS = Date.parse(kept.from) / 1_000;
const counts = { own: 4, lent: 1, shared: 0, flex: 0, idle: 5 };

it('goes on with what was seen where what is kept ends, and keeps gaps', () => {
  const points = pointsOf(kept, [
    { atS: startS + 15, counts },
    { atS: startS + 21, counts },
  ]);
  expect(points.times).toEqual([startS, startS + 10, startS + 20, startS + 21]);
  expect(points.columns.own).toEqual([1, null, 3, 4]);
  expect(stackedSums(points).idle).toEqual([10, null, 10, 10]);
  expect(stackedSums(points).lent).toEqual([2, null, 4, 5]);
});

it('begins where the range does when nothing is kept yet', () => {
  const nothing = { ...kept, own: [null], lent: [null], shared: [null], flex: [null], idle: [null] };
  const points = pointsOf(nothing, [{ atS: startS + 15, counts }]);
  expect(points.times).toEqual([startS, startS + 15]);
  expect(points.columns.own).toEqual([null, 4]);
});
