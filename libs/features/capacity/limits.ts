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
