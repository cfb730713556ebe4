import { addMonths, type Day, type DayRange } from '#core/capacity/days';
import { creditsOfUsdCents } from '#core/ledger/credits';

/** Months that a commitment may last. */
export const TERMS = [1, 3, 12] as const;
export type TermMonths = (typeof TERMS)[number];

/** List price of one unit for one month, by term, in US cents. */
export const UNIT_MONTH_CENTS: Readonly<Record<TermMonths, number>> = { 1: 380_000, 3: 280_000, 12: 210_000 };

/** One month of a commitment, paid in advance. */
export interface Charge {
  /** Counted from the commitment's beginning. */
  month: number;
  dueOn: Day;
  amountMicro: bigint;
}

/** The longest term that a range is not shorter than: a unit that is added for two months is not sold at the price of twelve. */
export function termFor({ startsOn, endsOn }: DayRange): TermMonths {
  return TERMS.findLast((months) => addMonths(startsOn, months) <= endsOn) ?? 1;
}

/** The months of a commitment with what each costs; the last one by its days where it is not whole. */
export function chargesFor({ startsOn, endsOn, units, unitMonthCents }: DayRange & { units: number; unitMonthCents: number }): Charge[] {
  const charges: Charge[] = [];
  for (let month = 0; ; month += 1) {
    const monthStartsOn = addMonths(startsOn, month);
    if (monthStartsOn >= endsOn) return charges;
    const amountMicro = priceOfDays({ startsOn: monthStartsOn, endsOn: Math.min(addMonths(startsOn, month + 1), endsOn) }, startsOn, {
      units,
      unitMonthCents,
    });
    charges.push({ month, dueOn: monthStartsOn, amountMicro });
  }
}

/**
 * What some units cost for some days of a commitment: each of its months' price by the share of its days, rounded up to a micro-credit.
 * @param monthsFrom the day on which the commitment's months begin
 */
export function priceOfDays(
  { startsOn, endsOn }: DayRange,
  monthsFrom: Day,
  { units, unitMonthCents }: { units: number; unitMonthCents: number },
): bigint {
  const monthMicro = creditsOfUsdCents(String(unitMonthCents)) * BigInt(units);
  let totalMicro = 0n;
  for (let month = 0; ; month += 1) {
    const from = addMonths(monthsFrom, month);
    const to = addMonths(monthsFrom, month + 1);
    if (from >= endsOn) return totalMicro;
    const days = Math.min(to, endsOn) - Math.max(from, startsOn);
    const monthDays = BigInt(to - from);
    if (days > 0) totalMicro += (monthMicro * BigInt(days) + monthDays - 1n) / monthDays;
  }
}
