/** Rows of a queue that are counted: a longer one is told as "at least so many". */
export const MAX_COUNTED = 10_000;

/** Queues that are looked at, by pool class, tenant, tier and priority. */
export const MAX_QUEUES = 1_000;

/** Of one answer: steps × tenants × tiers. */
export const MAX_WAIT_ROWS = 20_000;

/** Queues, and tenants with tiers, that one answer names: the longest and the busiest. */
export const MAX_TOLD = 200;

/** Answers that are kept for a moment, so that many who look cost as much as one. */
export const MAX_KEPT_ANSWERS = 100;
