/** Admissions of one plan, and so of one transaction. */
export const MAX_ADMISSIONS_PER_PLAN = 256;

/** Queue heads of a tenant that are read when a leader takes over; each refill doubles it up to the maximum. */
export const FIRST_HEADS_PER_TENANT = 16;
/** A tenant's queue beyond this stays in the database until its heads run low. At most twice as many are held for a moment. */
export const MAX_HEADS_PER_TENANT = 512;

/** Kinds of output whose mean run time is kept; the one unused for longest is forgotten. */
export const MAX_ESTIMATES = 10_000;
/** Runs over which a mean is taken: a newer run counts at least one part in so many. */
export const RUNS_PER_MEAN = 32;
