import { MAX_CALLS_PER_MINUTE } from '#core/directory/limits';

const WINDOW_MS = 60_000;

/** Calls of one token since a moment. Refused ones count no further than the first. */
export interface CallWindow {
  beganMs: number;
  calls: number;
}

/** @returns the window with this call in it, and for how long the token has to wait if it is refused; `isFirst` of its window's refusals */
export function countCall(
  known: CallWindow | null,
  nowMs: number,
): { window: CallWindow; refusal: { retryAfterMs: number; isFirst: boolean } | null } {
  if (!known || nowMs - known.beganMs >= WINDOW_MS) return { window: { beganMs: nowMs, calls: 1 }, refusal: null };
  if (known.calls < MAX_CALLS_PER_MINUTE) return { window: { ...known, calls: known.calls + 1 }, refusal: null };
  const refusal = { retryAfterMs: known.beganMs + WINDOW_MS - nowMs, isFirst: known.calls === MAX_CALLS_PER_MINUTE };
  return { window: { ...known, calls: MAX_CALLS_PER_MINUTE + 1 }, refusal };
}
