import { expect, it } from 'vitest';
import { dayOf, isoDay } from '#core/capacity/days';
import { chargesFor, termFor } from '#core/capacity/prices';
import { formatCredits } from '#core/ledger/credits';

it.each([
  { months: 1, from: '2026-12-01', to: '2027-01-01', unitMonthCents: 380_000, usd: 30_400 },
  { months: 3, from: '2026-12-01', to: '2027-03-01', unitMonthCents: 280_000, usd: 67_200 },
  { months: 12, from: '2026-12-01', to: '2027-12-01', unitMonthCents: 210_000, usd: 201_600 },
])('8 units for $months months cost $usd dollars', ({ months, from, to, unitMonthCents, usd }) => {
  const charges = chargesFor({ startsOn: dayOf(from), endsOn: dayOf(to), units: 8, unitMonthCents });
  expect(charges).toHaveLength(months);
  const credits = Number(formatCredits(charges.reduce((sum, { amountMicro }) => sum + amountMicro, 0n)));
  expect(credits * 0.003).toBeCloseTo(usd, 6);
});

it('charges a last month by its days', () => {
  const charges = chargesFor({ startsOn: dayOf('2027-01-01'), endsOn: dayOf('2027-02-15'), units: 1, unitMonthCents: 280_000 });
  expect(charges.map(({ dueOn, amountMicro }) => [isoDay(dueOn), amountMicro])).toEqual([
    ['2027-01-01', 933_333_333_334n],
    ['2027-02-01', 466_666_666_667n],
  ]);
});

it.each([
  { to: '2027-01-15', months: 1 },
  { to: '2027-03-31', months: 1 },
  { to: '2027-04-01', months: 3 },
  { to: '2028-01-01', months: 12 },
])('from 2027-01-01 to $to is sold at the price of $months months', ({ to, months }) => {
  expect(termFor({ startsOn: dayOf('2027-01-01'), endsOn: dayOf(to) })).toBe(months);
});
