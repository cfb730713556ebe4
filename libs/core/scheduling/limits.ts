/**
 * Admissions of one plan, and so of one transaction. Enough to make its fixed cost small; few enough that what starts first ends while others
 * are being admitted: as one large group all lanes would idle while it is admitted, and none be given away while it is settled.
 */
export const MAX_ADMISSIONS_PER_PLAN = 128;
/** Recalls of one plan. */
export const MAX_RECALLS_PER_PLAN = 256;

/** `flex` is promised within 24 h: after so long in the queue it counts as `shared`. */
export const FLEX_COUNTS_AS_SHARED_AFTER_MS = 18 * 3_600_000;
/** Rule 7: a recalled generation is not lent lanes of the owner that took them back for so long. */
export const NOT_LENT_AGAIN_MS = 10_000;
/** A recall prefers a lane that has the model over one that loses up to this much less work. Loading a model costs more; but so does a longer run lost for nothing. */
export const MODEL_LOAD_MS = 12_000;

/** Queue heads of a tenant and tier that are read when a leader takes over; each refill doubles it up to the maximum. */
export const FIRST_HEADS_PER_TENANT = 16;
/** A tenant's queue of one tier beyond this stays in the database until its heads run low. At most twice as many are held for a moment. */
export const MAX_HEADS_PER_TENANT = 512;

/**
 * Rule 2 is fair to within a turn of so many mean runs. Shorter turns keep everyone's small burst waiting for everyone else's; much longer ones
 * are first come, first served.
 */
export const RUNS_PER_TURN = 4;

/** Rule 6: a tenant whose model is resident may come before the least served one when their turns are so many turns apart at most … */
export const RESIDENCY_TURNS = 3;
/** … and the least served one has not been passed so often. */
export const MAX_TIMES_PASSED = 64;

/** Kinds of output whose mean run time is kept; the one unused for longest is forgotten. */
export const MAX_ESTIMATES = 10_000;
/** Runs over which a mean is taken: a newer run counts at least one part in so many. */
export const RUNS_PER_MEAN = 32;
/** Runs over which the mean of all kinds is taken. */
export const RUNS_PER_POOL_MEAN = 1_024;
/** Stands for the mean until a run has ended. */
export const FIRST_MEAN_RUN_MS = 30_000;

/** Starts of each kind from which intervals are learned. */
export const STARTS_REMEMBERED = 200;
