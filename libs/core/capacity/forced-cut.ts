import { type Day, type DayRange, NEVER } from '#core/capacity/days';
import type { OrderBook } from '#core/capacity/order-book';
import { priceOfDays } from '#core/capacity/prices';
import { changesOf, minus, type Steps, stepsOf, stretches, valueOn } from '#core/capacity/steps';

/** A commitment that still has days, with what was cut from it before. */
export interface SoldUnits extends DayRange {
  id: string;
  tenantId: string;
  units: number;
  unitMonthCents: number;
  /** Milliseconds since 1970. */
  orderedAtMs: number;
  cuts: readonly (DayRange & { units: number })[];
}

/** Units that a commitment lacks for some days, and what is credited for them. */
export interface ForcedCut extends DayRange {
  commitmentId: string;
  tenantId: string;
  units: number;
  creditMicro: bigint;
}

export interface CapacityIsSold {
  refused: 'capacity_is_sold';
  firstFailingDay: Day;
  /** On the worst day. */
  missingUnits: number;
}

/** Whether less capacity still covers what is sold from today on. @param book with the capacity as it would be */
export function checkCut(book: OrderBook, today: Day): 'covered' | CapacityIsSold {
  const short = [...shortages(book, today)];
  if (short[0] === undefined) return 'covered';
  return { refused: 'capacity_is_sold', firstFailingDay: short[0].startsOn, missingUnits: Math.max(...short.map(({ value }) => value)) };
}

/**
 * Takes what is missing from what was sold last: who was promised first is served first. Each missing unit is credited at the price of its days.
 * @param soldUnits the commitments that make up `book.sold`
 */
export function forceCut(book: OrderBook, soldUnits: readonly SoldUnits[], today: Day): ForcedCut[] {
  const youngestFirst = soldUnits
    .toSorted((a, b) => b.orderedAtMs - a.orderedAtMs || (a.id < b.id ? 1 : -1))
    .map((sold) => ({ sold, held: heldUnits(sold), taken: [] as (DayRange & { units: number })[] }));
  const days = daysOf(soldUnits);
  for (const shortage of shortages(book, today)) {
    for (const range of splitAt(shortage, days)) {
      let missing = shortage.value;
      for (const { held, taken } of youngestFirst) {
        if (missing === 0) break;
        const units = Math.min(missing, valueOn(held, range.startsOn));
        if (units > 0) addJoined(taken, { ...range, units });
        missing -= units;
      }
      if (missing > 0) throw new Error(`${missing} sold units are of no commitment`);
    }
  }
  return youngestFirst.flatMap(({ sold, taken }) =>
    taken.map((cut) => ({
      ...cut,
      commitmentId: sold.id,
      tenantId: sold.tenantId,
      creditMicro: priceOfDays(cut, sold.startsOn, { units: cut.units, unitMonthCents: sold.unitMonthCents }),
    })),
  );
}

function* shortages({ capacity, sold }: OrderBook, today: Day): Generator<DayRange & { value: number }> {
  for (const stretch of stretches(minus(sold, capacity), { startsOn: today, endsOn: NEVER })) if (stretch.value > 0) yield stretch;
}

function heldUnits({ cuts, units, ...range }: SoldUnits): Steps {
  return stepsOf([...changesOf(range, units), ...cuts.flatMap((cut) => changesOf(cut, cut.units, -1))]);
}

/** Every day on which some commitment's units change, in order. */
function daysOf(soldUnits: readonly SoldUnits[]): Day[] {
  const ranges: DayRange[] = soldUnits.flatMap((sold) => [sold, ...sold.cuts]);
  return [...new Set(ranges.flatMap(({ startsOn, endsOn }) => [startsOn, endsOn]))].sort((a, b) => a - b);
}

function splitAt({ startsOn, endsOn }: DayRange, days: readonly Day[]): DayRange[] {
  const starts = [startsOn, ...days.filter((day) => day > startsOn && day < endsOn)];
  return starts.map((start, at) => ({ startsOn: start, endsOn: starts[at + 1] ?? endsOn }));
}

/** Days in a row with as many units are one cut. */
function addJoined(taken: (DayRange & { units: number })[], next: DayRange & { units: number }): void {
  const last = taken.at(-1);
  if (last?.endsOn === next.startsOn && last.units === next.units) last.endsOn = next.endsOn;
  else taken.push(next);
}
