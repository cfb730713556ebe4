/** Admissions of one plan, and so of one transaction. */
export const MAX_ADMISSIONS_PER_PLAN = 256;
/** Recalls of one plan. */
export const MAX_RECALLS_PER_PLAN = 256;

/** `flex` is promised within 24 h: after so long in the queue it counts as `shared`. */
export const FLEX_COUNTS_AS_SHARED_AFTER_MS = 18 * 3_600_000;
/** Rule 7: a recalled generation is not lent lanes of the owner that took them back for so long. */
export const NOT_LENT_AGAIN_MS = 10_000;
/** What loading a model costs about: a recall prefers a lane that has the model over one that loses up to this much less work. */
export const MODEL_LOAD_MS = 20_000;

/** Queue heads of a tenant and tier that are read when a leader takes over; each refill doubles it up to the maximum. */
export const FIRST_HEADS_PER_TENANT = 16;
/** A tenant's queue of one tier beyond this stays in the database until its heads run low. At most twice as many are held for a moment. */
export const MAX_HEADS_PER_TENANT = 512;

/** Kinds of output whose mean run time is kept; the one unused for longest is forgotten. */
export const MAX_ESTIMATES = 10_000;
/** Runs over which a mean is taken: a newer run counts at least one part in so many. */
export const RUNS_PER_MEAN = 32;
