/** Switches at one time: each request looks at them all. */
export const MAX_SWITCHES = 100;
/** What is counted before an act is looked at so far; then it is "at least". */
export const MAX_COUNTED = 10_000;
/** Proposals that a list shows, newest first. */
export const MAX_PROPOSALS_LISTED = 50;
/** Proposals that wait at one time. */
export const MAX_OPEN_PROPOSALS = 20;
