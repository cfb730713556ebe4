/** Subjects that one sweep erases at most; a longer list goes on with the next sweep, at once. */
export const MAX_ERASED_PER_SWEEP = 5_000;
/** Subjects of one transaction. */
export const ERASED_AT_ONCE = 50;
/** Objects that one proof lists. All objects are deleted, however many there are. */
export const MAX_OBJECTS_LISTED = 1_000;
/** How long a sweep may take between its proof and the deletion of the objects before another sweep sees to it. */
export const UNFINISHED_AFTER_MS = 600_000;
