/** How a create can be known again when it is sent again. */
export type Once =
  /** By a key that the caller chose. */
  | { by: 'key'; key: string }
  /** By its body: a client that numbers its tries, but names none of them. The first try is 0. */
  | { by: 'tries'; triesBefore: number };

/** How long a create without a key is known again by its body. */
export const RESEND_KNOWN_MS = 120_000;
/** How long an idempotency key is kept. A day is what callers are promised. */
export const KEY_KEPT_HOURS = 25;
export const MAX_KEY_CHARACTERS = 255;
