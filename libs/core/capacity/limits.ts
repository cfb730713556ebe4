/** Units of an order; a resize or a transfer may be smaller, since it changes a commitment that was large enough. */
export const MIN_UNITS = 8;

/** More than any site plan has lanes: keeps sums exact. */
export const MAX_UNITS = 10_000_000;

/** How far ahead a commitment may begin. */
export const MAX_DAYS_AHEAD = 3 * 366;
