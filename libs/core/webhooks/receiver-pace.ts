/** How much one process sends to a receiver at once, learned from its answers. */
export interface ReceiverPace {
  /** Attempts that may run at once. */
  slots: number;
  failuresInRow: number;
  /** Running mean of how long attempts take. */
  meanMs: number;
}

export const FIRST_PACE: ReceiverPace = { slots: 8, failuresInRow: 0, meanMs: 50 };

const MAX_SLOTS = 32;
/** So many failures in a row open the circuit: one attempt at a time probes until one succeeds. */
const FAILURES_THAT_OPEN = 5;
const SLOW_MS = 1_000;

/** What an attempt told about its receiver. */
export type PaceSignal = 'success' | 'failure' | 'throttled';

/** More by one for a success, half as much for a failure, one at a time when throttled or failing: TCP's way. */
export function paceAfter(pace: ReceiverPace, signal: PaceSignal, durationMs: number): ReceiverPace {
  const meanMs = pace.meanMs + (durationMs - pace.meanMs) / 8;
  if (signal === 'success') return { slots: Math.min(pace.slots + 1, MAX_SLOTS), failuresInRow: 0, meanMs };
  const failuresInRow = pace.failuresInRow + 1;
  const slots = signal === 'throttled' || failuresInRow >= FAILURES_THAT_OPEN ? 1 : Math.max(1, Math.floor(pace.slots / 2));
  return { slots, failuresInRow, meanMs };
}

/** A troubled receiver holds its slots for long and for nothing: all of them together get only a part of a process. */
export function isTroubled({ slots, meanMs }: ReceiverPace): boolean {
  return slots === 1 || meanMs > SLOW_MS;
}
