/** Rows of a page at most, also when more are asked for. */
export const MAX_PAGE_RESOURCES = 200;
export const DEFAULT_PAGE_RESOURCES = 100;

export const MAX_FILTER_CHARACTERS = 2_000;
/** Brackets within brackets. */
export const MAX_FILTER_DEPTH = 20;

/** Operations of one PATCH. */
export const MAX_OPERATIONS = 1_000;

/** Of one attribute. */
export const MAX_VALUE_CHARACTERS = 1_000;
/** Values of an attribute that has several, but for a group's members. */
export const MAX_VALUES = 50;

/** People and groups that a directory may keep, and memberships in all its groups together. */
export const MAX_DIRECTORY_USERS = 10_000;
export const MAX_DIRECTORY_GROUPS = 1_000;
export const MAX_GROUP_MEMBERSHIPS = 100_000;

/** Tokens that work at a time: one, and those that overlap with it. */
export const MAX_DIRECTORY_TOKENS = 5;

/** Calls that are remembered of a tenant: of those that were refused, and of the others. */
export const CALLS_REMEMBERED = 500;
export const CALLS_KEPT_DAYS = 30;

/** Of one token: thirty a second, above the twenty-five that Entra wants. */
export const MAX_CALLS_PER_MINUTE = 1_800;
