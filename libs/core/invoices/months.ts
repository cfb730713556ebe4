import { monthAround, type Period } from '#core/ledger/plans';

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** `2026-11` of any instant in November 2026, UTC. */
export function monthNameOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

export function monthNamed(name: string): Period | null {
  const [, year, month] = MONTH.exec(name) ?? [];
  return year && month ? monthAround(new Date(Date.UTC(Number(year), Number(month) - 1, 1))) : null;
}

/** The months that had ended by then, oldest first. */
export function endedMonths(at: Date, count: number): Period[] {
  const months: Period[] = [];
  for (let { startsAt } = monthAround(at); months.length < count; ) {
    const month = monthAround(new Date(startsAt.getTime() - 1));
    months.unshift(month);
    startsAt = month.startsAt;
  }
  return months;
}
