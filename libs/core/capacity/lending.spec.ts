import { expect, it } from 'vitest';
import { lendingCredit, lentUnits } from '#core/capacity/lending';

const owners = [
  { units: 8, ownLanes: 2 },
  { units: 10, ownLanes: 8 },
  { units: 8, ownLanes: 9 },
];

it.each([
  { lentLanes: 4, expected: [3, 1, 0] },
  { lentLanes: 0, expected: [0, 0, 0] },
  { lentLanes: 100, expected: [6, 2, 0] },
])('$lentLanes lent lanes belong to idle units alike: $expected', ({ lentLanes, expected }) => {
  expect(owners.map((owner) => lentUnits(owner, owners, lentLanes))).toEqual(expected);
});

it('credits a tenth of the price of the time that was lent', () => {
  expect(lendingCredit(50, 100, 1_000_000n)).toBe(50_000n);
  expect(lendingCredit(0, 0, 1_000_000n)).toBe(0n);
});
