/** Of one tenant at once. */
export const MAX_OPEN_CANCELLATIONS = 5;
/** Ended in one transaction, whose tenant's accounts are locked until it commits. */
export const MAX_CANCELLED_AT_ONCE = 100;
/** How long the result of one is kept. */
export const KEPT_DAYS = 30;
