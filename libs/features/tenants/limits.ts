/** Rows a tenant may have of each kind; enough for the largest agency we know, and a bound for lists and look-ups. */
export const MAX_BRANDS = 1_000;
export const MAX_PROJECTS = 1_000;
export const MAX_KEYS = 1_000;
