/** Rows of a page of results: a grid of 10,000 comes in twenty. */
export const MAX_REVIEW_PAGE_ROWS = 500;
/** Rows that a filtered page may look through before it ends and says where to go on. */
export const MAX_REVIEW_SCANNED_ROWS = 5_000;
/** Rows that one call decides or assigns. */
export const MAX_ROWS_DECIDED_AT_ONCE = 10_000;
export const MAX_COMMENT_CHARACTERS = 2_000;
export const MAX_COMMENTS_PER_ROW = 500;
/** Pictures of one row, the first one among them. */
export const MAX_VERSIONS_PER_ROW = 20;
export const MAX_NOTE_CHARACTERS = 500;
/** A frame's number is below this: an hour of sixty a second. */
export const MAX_FRAME = 216_000;
