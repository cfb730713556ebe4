import { expect, it } from 'vitest';
import { creditsOfUsdCents, formatCredits, parseCredits, usdCentsOf } from '#core/ledger/credits';

it.each([
  { cents: '1.5', credits: '5' },
  { cents: '40', credits: '133.333334' }, // a fraction of a micro-credit rounds up
  { cents: '0.0001', credits: '0.000334' },
  { cents: '71', credits: '236.666667' },
  { cents: '0', credits: '0' },
])('$cents US cents → $credits credits', ({ cents, credits }) => {
  expect(formatCredits(creditsOfUsdCents(cents))).toBe(credits);
});

it('refuses what is not an amount', () => {
  expect(() => creditsOfUsdCents('1e3')).toThrow('not an amount');
});

it.each([
  { micro: 5_000_000n, cents: 1.5 },
  { micro: 1_000_000_000_000n, cents: 300_000 },
  { micro: 133_333_334n, cents: 40 },
])('$micro micro-credits → $cents US cents', ({ micro, cents }) => {
  expect(usdCentsOf(micro)).toBe(cents);
});

it.each(['0', '5', '133.333334', '0.000001', '999999999999.5'])('reads %s as it is written', (credits) => {
  expect(formatCredits(parseCredits(credits))).toBe(credits);
});

it.each(['', '-1', '1e3', '1.0000001', '1.', '.5', ' 1'])('refuses "%s" as an amount of credits', (credits) => {
  expect(() => parseCredits(credits)).toThrow('not an amount');
});
