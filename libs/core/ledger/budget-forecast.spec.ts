import { expect, it } from 'vitest';
import { budgetEndsAt } from '#core/ledger/budget-forecast';

const now = new Date('2026-11-11T00:00:00Z'); // ten days of November are over

it.each([
  { usedMicro: 0n, budgetMicro: 100n, expected: null },
  { usedMicro: 50n, budgetMicro: 100n, expected: '2026-11-21T00:00:00.000Z' },
  { usedMicro: 20n, budgetMicro: 100n, expected: null }, // at this rate it lasts until the 21st of December
  { usedMicro: 100n, budgetMicro: 100n, expected: now.toISOString() },
])('$usedMicro of $budgetMicro → $expected', ({ expected, ...budget }) => {
  expect(budgetEndsAt(budget, now)?.toISOString() ?? null).toBe(expected);
});
