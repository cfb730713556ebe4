/** Commitments of a tenant that are not over. */
export const MAX_OPEN_COMMITMENTS = 500;

/** Of a list, the newest first. */
export const MAX_COMMITMENTS_LISTED = 500;

/** Tenants that share a pool class at once when an operator cuts it. */
export const MAX_TENANTS_PER_CUT = 10_000;

export const MAX_CUTS_LISTED = 500;

/** Tenants in one view of capacity: an agency's brands, or all that have units. */
export const MAX_TENANTS_VIEWED = 1_000;

export const MAX_MONTHS_LISTED = 120;

/** Viewers of live lanes that one process serves. */
export const MAX_LIVE_VIEWS = 200;

/** Points of one answer about the use of lanes. */
export const MAX_USE_POINTS = 2_000;

/** Recalls that one answer about a tenant's use adds up. */
export const MAX_RECALLS_COUNTED = 100_000;
