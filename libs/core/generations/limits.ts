/** Leases that may be lost to our own faults before the generation fails and is released; recalls are not counted. */
export const MAX_LOST_LEASES = 5;

export const MIN_PROMPT_CHARACTERS = 3;
export const MAX_PROMPT_CHARACTERS = 5_000;
export const MAX_CALLBACK_URL_CHARACTERS = 2_048;
/** Signed URLs of object stores are long. */
export const MAX_INPUT_URL_CHARACTERS = 4_096;
export const MAX_CONCEPTS = 8;

/** A lease ends at the latest after this many times the estimate, and not before the minimum. */
const LEASE_ESTIMATE_FACTOR = 10;
const LEASE_MINIMUM_MS = 600_000;

/** How long a lease may last. @param estimatedMs expected run time on its lanes */
export function leaseLimitMs(estimatedMs: number): number {
  return Math.max(LEASE_MINIMUM_MS, LEASE_ESTIMATE_FACTOR * estimatedMs);
}

/** Of one tenant's waiting generations those with the higher priority go first. */
export const MIN_PRIORITY = -100;
export const MAX_PRIORITY = 100;

/** Seeds are 0 … 2³¹ − 1. */
export const MAX_SEED = 2 ** 31 - 1;

export const MAX_LABELS = 16;
export const MAX_LABEL_KEY_CHARACTERS = 63;
export const MAX_LABEL_VALUE_CHARACTERS = 255;
/** Generations that one cancellation may name one by one. */
export const MAX_CHOSEN_GENERATIONS = 1_000;
/** Generations of one cancellation of which it is kept what became of each; all are counted. */
export const MAX_CANCELLATION_ROWS = 100_000;
/** What became of a generation that was to be cancelled with others. */
export const CANCELLATION_OUTCOMES = ['cancelled', 'ended_before', 'not_there'] as const;
export type CancellationOutcome = (typeof CANCELLATION_OUTCOMES)[number];
