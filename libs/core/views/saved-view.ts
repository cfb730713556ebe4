/** Lists whose filters can be saved. */
export const SAVED_VIEW_PAGES = ['generations'] as const;
export type SavedViewPage = (typeof SAVED_VIEW_PAGES)[number];

/** Of one person, or key, and page. */
export const MAX_SAVED_VIEWS = 50;
export const MAX_FILTERS_PER_VIEW = 12;
export const MAX_FILTER_CHARACTERS = 320;
