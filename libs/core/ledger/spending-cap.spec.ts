import { expect, it } from 'vitest';
import { monthOf, type SpendingCap, underCaps } from '#core/ledger/spending-cap';

const budget: SpendingCap = { kind: 'project', subjectId: 'p', limitMicro: 100n, enforcement: 'refuse' };
const warning: SpendingCap = { ...budget, enforcement: 'warn' };
const ofKey: SpendingCap = { kind: 'api_key', subjectId: 'k', limitMicro: 50n, enforcement: 'refuse' };

it.each([
  { caps: [budget], used: 60n, price: 40n, expected: { exceeded: [] } }, // the last credit of a budget may be spent
  { caps: [budget], used: 61n, price: 40n, expected: { refused: 'budget_exceeded', missingMicro: 1n, cap: budget } },
  { caps: [warning], used: 61n, price: 40n, expected: { exceeded: [warning] } },
  { caps: [warning, ofKey], used: 61n, price: 60n, expected: { refused: 'budget_exceeded', missingMicro: 10n, cap: ofKey } },
  { caps: [budget], used: 200n, price: 0n, expected: { exceeded: [] } }, // what costs nothing needs no budget
  { caps: [], used: 0n, price: 1n, expected: { exceeded: [] } },
])('$used used, price $price → $expected', ({ caps, used, price, expected }) => {
  expect(underCaps(caps, new Map([['p', used]]), price)).toEqual(expected);
});

it('counts months in UTC', () => {
  expect(monthOf(new Date('2026-11-30T23:59:59Z'))).toBe('2026-11-01');
  expect(monthOf(new Date('2026-12-01T01:00:00+02:00'))).toBe('2026-11-01');
});
