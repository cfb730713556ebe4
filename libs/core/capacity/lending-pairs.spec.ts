import { expect, it } from 'vitest';
import { lendingPairs } from '#core/capacity/lending-pairs';

const lends = (tenantId: string, lentUnits: number) => ({ tenantId, lentUnits, borrowedLanes: 0 });
const borrows = (tenantId: string, borrowedLanes: number) => ({ tenantId, lentUnits: 0, borrowedLanes });

it('has each borrower borrow of each lender in parts as large as what they lend', () => {
  const pairs = lendingPairs([lends('north', 3), lends('south', 1), borrows('east', 2), borrows('west', 2)], 10);
  expect(pairs).toEqual([
    { lenderId: 'north', borrowerId: 'east', lanes: 1.5 },
    { lenderId: 'north', borrowerId: 'west', lanes: 1.5 },
    { lenderId: 'south', borrowerId: 'east', lanes: 0.5 },
    { lenderId: 'south', borrowerId: 'west', lanes: 0.5 },
  ]);
});

it('lets nobody borrow of themselves', () => {
  const both = { tenantId: 'north', lentUnits: 2, borrowedLanes: 1 };
  expect(lendingPairs([both, lends('south', 1)], 10)).toEqual([{ lenderId: 'south', borrowerId: 'north', lanes: 1 }]);
  expect(lendingPairs([both], 10)).toEqual([]);
});

it('tells the largest when there are many, and none when nothing is lent', () => {
  expect(lendingPairs([lends('north', 3), lends('south', 1), borrows('east', 4)], 1)).toEqual([
    { lenderId: 'north', borrowerId: 'east', lanes: 3 },
  ]);
  expect(lendingPairs([borrows('east', 2)], 10)).toEqual([]);
});
