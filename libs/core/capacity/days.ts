/** A day in UTC, as the number of days since 1970-01-01. */
export type Day = number;

/** Days from the first up to, not including, the last. */
export interface DayRange {
  startsOn: Day;
  endsOn: Day;
}

/** After every day that can be named. */
export const NEVER: Day = Number.MAX_SAFE_INTEGER;

const MS_PER_DAY = 86_400_000;

/** @param iso `YYYY-MM-DD` */
export function dayOf(iso: string): Day {
  const ms = Date.parse(`${iso}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso) || Number.isNaN(ms) || isoDay(ms / MS_PER_DAY) !== iso) throw new RangeError(`not a day: ${iso}`);
  return ms / MS_PER_DAY;
}

export function isoDay(day: Day): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

/** The day in UTC at a point in time. */
export function dayAt(time: Date): Day {
  return Math.floor(time.getTime() / MS_PER_DAY);
}

/** The same day some months later; the month's last day where it has no such day. */
export function addMonths(day: Day, months: number): Day {
  const start = new Date(day * MS_PER_DAY);
  const month = start.getUTCMonth() + months;
  const lastOfMonth = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Date.UTC(start.getUTCFullYear(), month, Math.min(start.getUTCDate(), lastOfMonth)) / MS_PER_DAY;
}
