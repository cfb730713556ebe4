/** Jobs that one answer names: more than a node has lanes. */
export const MAX_JOBS_LISTED = 500;

/** What failed on a node is told for this long. */
export const FAILURES_TOLD_HOURS = 24;
