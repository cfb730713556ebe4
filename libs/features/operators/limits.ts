/** How long an opened tenant stays open. */
export const VIEW_LASTS_MS = 3_600_000;

/** Of a list of looks, the newest. */
export const MAX_VIEWS_LISTED = 100;

/** Generations that an operator is shown, and among how many the failed are counted. */
export const MAX_GENERATIONS_SHOWN = 20;
export const MAX_GENERATIONS_LOOKED_AT = 500;

export const MAX_INCIDENTS = 50;
