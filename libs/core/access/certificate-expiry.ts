const DAY_MS = 86_400_000;

/** How many days before the last certificate of a provider expires its tenant is told. */
export const CERTIFICATE_WARNING_DAYS = [30, 7, 1] as const;

/** Whole days, the last begun one counted; none or fewer once it has expired. */
export function daysLeft(expiresAt: Date, now: Date): number {
  return Math.ceil((expiresAt.getTime() - now.getTime()) / DAY_MS);
}

/** The warning that is due, unless it or a later one was given: one that was missed is not made up for. */
export function dueWarning(expiresAt: Date, now: Date, warnedDays: number | null): number | undefined {
  const days = daysLeft(expiresAt, now);
  const due = CERTIFICATE_WARNING_DAYS.filter((warning) => days <= warning).at(-1);
  return due !== undefined && days > 0 && (warnedDays === null || due < warnedDays) ? due : undefined;
}
