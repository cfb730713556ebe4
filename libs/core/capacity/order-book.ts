import { addMonths, type Day, type DayRange } from '#core/capacity/days';
import { MAX_DAYS_AHEAD, MAX_UNITS, MIN_UNITS } from '#core/capacity/limits';
import { type TermMonths, termFor, UNIT_MONTH_CENTS } from '#core/capacity/prices';
import { firstAtLeast, firstBelow, leastIn, minus, type Steps } from '#core/capacity/steps';

/** What exists of a pool class on each day, and what of it is sold. */
export interface OrderBook {
  capacity: Steps;
  sold: Steps;
}

/** How long: some months, or as long as a commitment that is there already. */
export type Length = { months: TermMonths } | { endsOn: Day };

export interface Order {
  units: number;
  startsOn: Day;
  length: Length;
}

/** The terms of an order that was accepted. */
export interface Terms extends DayRange {
  units: number;
  termMonths: TermMonths;
  unitMonthCents: number;
}

export type OrderRefusal =
  | { refused: 'too_few_units'; minUnits: number }
  | { refused: 'too_many_units'; maxUnits: number }
  | { refused: 'starts_in_the_past' | 'starts_too_late' | 'ends_before_it_starts' }
  | NoCapacity;

/** Why an order does not fit, and what would. */
export interface NoCapacity {
  refused: 'no_capacity';
  firstFailingDay: Day;
  /** For the same days; 0 when nothing does that may be ordered. */
  largestUnitsThatFit: number;
  /** For the same units and length; null when no day does. */
  earliestStartThatFits: Day | null;
}

/** Accepts an order only if what is sold stays within what exists on every one of its days. */
export function place(order: Order, book: OrderBook, today: Day, minUnits = MIN_UNITS): Terms | OrderRefusal {
  const { units, startsOn, length } = order;
  if (units < minUnits) return { refused: 'too_few_units', minUnits };
  if (units > MAX_UNITS) return { refused: 'too_many_units', maxUnits: MAX_UNITS };
  if (startsOn < today) return { refused: 'starts_in_the_past' };
  if (startsOn > today + MAX_DAYS_AHEAD) return { refused: 'starts_too_late' };
  const range = { startsOn, endsOn: endOf(length, startsOn) };
  if (range.endsOn <= startsOn) return { refused: 'ends_before_it_starts' };

  const free = minus(book.capacity, book.sold);
  const firstFailingDay = firstBelow(free, units, range);
  if (firstFailingDay === null) {
    const termMonths = 'months' in length ? length.months : termFor(range);
    return { ...range, units, termMonths, unitMonthCents: UNIT_MONTH_CENTS[termMonths] };
  }
  const fits = leastIn(free, range);
  return {
    refused: 'no_capacity',
    firstFailingDay,
    largestUnitsThatFit: fits < minUnits ? 0 : fits,
    earliestStartThatFits: earliestStart(order, free, today),
  };
}

/** From one failing day to the next day that could do: as many looks as the book has steps. */
function earliestStart({ units, startsOn, length }: Order, free: Steps, today: Day): Day | null {
  for (let start: Day = startsOn; start <= today + MAX_DAYS_AHEAD; ) {
    const endsOn = endOf(length, start);
    if (endsOn <= start) return null;
    const failing = firstBelow(free, units, { startsOn: start, endsOn });
    if (failing === null) return start;
    const next = firstAtLeast(free, units, failing);
    if (next === null) return null;
    start = next;
  }
  return null;
}

function endOf(length: Length, startsOn: Day): Day {
  return 'months' in length ? addMonths(startsOn, length.months) : length.endsOn;
}
