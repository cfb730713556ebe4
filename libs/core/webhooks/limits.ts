/** Attempts one process runs at once. */
export const MAX_ATTEMPTS_AT_ONCE = 64;

/** Attempts one process runs at once against one origin, so that a slow receiver holds up nobody but itself. */
export const MAX_ATTEMPTS_PER_ORIGIN = 8;

/** How long a delivery stays readable after its end. */
export const FINISHED_DELIVERIES_KEPT_DAYS = 30;
