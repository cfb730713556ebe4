/** Attempts one process runs at once. They mostly wait for their receivers. */
export const MAX_ATTEMPTS_AT_ONCE = 256;

/** Attempts one process runs at once against one origin, so that a slow receiver holds up nobody but itself. */
export const MAX_ATTEMPTS_PER_ORIGIN = 16;

/** How long a delivery stays readable after its end. */
export const FINISHED_DELIVERIES_KEPT_DAYS = 30;
