/** Time for the scheduler's rules; a test brings its own. */
export interface Clock {
  /** Only grows; its zero means nothing. */
  monotonicMs(): number;
  /** Since 1970. */
  wallMs(): number;
}

export const systemClock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
