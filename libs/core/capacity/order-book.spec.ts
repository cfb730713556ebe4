import { expect, it } from 'vitest';
import { addMonths, dayOf, isoDay } from '#core/capacity/days';
import { type Length, place } from '#core/capacity/order-book';
import { capacityOf, type Supply } from '#core/capacity/phases';
import { stepsOf } from '#core/capacity/steps';

const today = dayOf('2026-11-23');
const supply: Supply = {
  spareOneNodeIn: 4,
  phases: [
    { siteId: 'halo', powersOn: dayOf('2026-10-01'), nodes: 4, lanesPerNode: 8 }, // 24 to sell
    { siteId: 'halo', powersOn: dayOf('2027-03-01'), nodes: 4, lanesPerNode: 8 }, // 48
  ],
  cuts: [{ siteId: 'halo', kind: 'maintenance', lanes: 8, startsOn: dayOf('2027-01-10'), endsOn: dayOf('2027-01-12') }],
};
const capacity = capacityOf(supply);
const sold = (...rows: [string, string, number][]) =>
  stepsOf(
    rows.flatMap(([from, to, units]) => [
      { day: dayOf(from), delta: units },
      { day: dayOf(to), delta: -units },
    ]),
  );

it.each<{ says: string; units: number; from: string; length: Length; sold: ReturnType<typeof sold>; expected: object }>([
  {
    says: 'all there is, for a month without maintenance',
    units: 24,
    from: '2026-11-23',
    length: { months: 1 },
    sold: [],
    expected: { endsOn: dayOf('2026-12-23'), unitMonthCents: 380_000 },
  },
  {
    says: 'a year that meets the maintenance',
    units: 20,
    from: '2026-11-23',
    length: { months: 12 },
    sold: [],
    expected: {
      refused: 'no_capacity',
      firstFailingDay: dayOf('2027-01-10'),
      largestUnitsThatFit: 16,
      earliestStartThatFits: dayOf('2027-01-12'),
    },
  },
  {
    says: 'behind what is sold until the next phase',
    units: 10,
    from: '2026-12-01',
    length: { months: 3 },
    sold: sold(['2026-11-01', '2027-06-01', 20]),
    expected: {
      refused: 'no_capacity',
      firstFailingDay: dayOf('2026-12-01'),
      largestUnitsThatFit: 0,
      earliestStartThatFits: dayOf('2027-03-01'),
    },
  },
  {
    says: 'more than there will ever be',
    units: 49,
    from: '2026-12-01',
    length: { months: 1 },
    sold: [],
    expected: { refused: 'no_capacity', firstFailingDay: dayOf('2026-12-01'), largestUnitsThatFit: 24, earliestStartThatFits: null },
  },
  {
    says: 'until the end of another commitment, at the price of the term it is long enough for',
    units: 8,
    from: '2026-12-01',
    length: { endsOn: dayOf('2027-05-01') },
    sold: [],
    expected: { termMonths: 3, unitMonthCents: 280_000, endsOn: dayOf('2027-05-01') },
  },
  {
    says: 'fewer than eight',
    units: 7,
    from: '2026-12-01',
    length: { months: 1 },
    sold: [],
    expected: { refused: 'too_few_units', minUnits: 8 },
  },
  { says: 'yesterday', units: 8, from: '2026-11-22', length: { months: 1 }, sold: [], expected: { refused: 'starts_in_the_past' } },
  { says: 'in ten years', units: 8, from: '2036-11-22', length: { months: 1 }, sold: [], expected: { refused: 'starts_too_late' } },
])('$units units from $from: $says', ({ units, from, length, sold, expected }) => {
  expect(place({ units, startsOn: dayOf(from), length }, { capacity, sold }, today)).toMatchObject(expected);
});

it('takes failures from the spares first', () => {
  const failure = { siteId: 'halo', kind: 'failure', startsOn: today, endsOn: today + 1 } as const;
  const sellable = (lanes: number) => capacityOf({ ...supply, cuts: [{ ...failure, lanes }] })[1]?.value;
  expect(capacityOf({ ...supply, cuts: [{ ...failure, lanes: 8 }] })).toEqual(capacityOf({ ...supply, cuts: [] }));
  expect(sellable(12)).toBe(20);
});

it('counts months as calendars do', () => {
  expect(isoDay(addMonths(dayOf('2027-01-31'), 1))).toBe('2027-02-28');
  expect(isoDay(addMonths(dayOf('2026-12-15'), 3))).toBe('2027-03-15');
});
