/** Months that units are sold for. */
export const TERM_MONTHS = [1, 3, 12] as const;
export type TermMonths = (typeof TERM_MONTHS)[number];
