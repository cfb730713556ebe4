import { expect, it } from 'vitest';
import { unitsUsedPct } from '#web/portal/capacity/units-used';

it.each([
  { own: 3, idle: 1, pct: 75 },
  { own: 0, idle: 4, pct: 0 },
  { own: 2.5, idle: 0, pct: 100 },
  { own: 0, idle: 0, pct: null }, // no unit: nothing to be in use
  { own: null, idle: 2, pct: null },
  { own: 2, idle: null, pct: null },
])('$own in use and $idle not → $pct %', ({ own, idle, pct }) => {
  expect(unitsUsedPct({ own: [own], idle: [idle] })).toEqual([pct]);
});
