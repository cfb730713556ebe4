import { STARTS_REMEMBERED } from '#core/scheduling/limits';

export interface StartInterval {
  p50Ms: number;
  p90Ms: number;
}

/** What was told of a start that has come. */
export interface GivenForecast extends StartInterval {
  expectedMs: number;
  turnsAway: number;
}

/** How strongly one interval that missed moves the next ones, in e-folds. P90 has to follow a growing queue more quickly. */
const P50_RATE = 0.004;
const P90_RATE = 0.012;
const MAX_SHIFT = 2;
/** Work of the present turn, of the next ones, and of all later ones: what newcomers pass is late in another way than what they do not. */
const KINDS = 5;

/**
 * Turns an expected wait into an interval that keeps its word: the recent ratios of actual to expected waits give its ends, and every end that was told
 * and missed moves the next ones. A miss is learned when it happens, not when the start comes at last: else a growing queue would teach too late.
 */
export class StartCalibration {
  private readonly kinds = Array.from({ length: KINDS }, () => ({ ratios: [1, 1, 2] as number[], next: 0, p50Shift: 0, p90Shift: 0 }));

  interval(expectedMs: number, turnsAway: number): StartInterval {
    const { ratios, p50Shift, p90Shift } = this.kindOf(turnsAway);
    const sorted = [...ratios].sort((one, other) => one - other);
    const at = (level: number) => sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] as number;
    const p50Ms = expectedMs * at(0.5) * Math.exp(p50Shift);
    return { p50Ms, p90Ms: Math.max(p50Ms, expectedMs * at(0.9) * Math.exp(p90Shift)) };
  }

  /** The start came. */
  started(given: GivenForecast, waitedMs: number): void {
    const kind = this.kindOf(given.turnsAway);
    kind.ratios[kind.next] = waitedMs / Math.max(1, given.expectedMs);
    kind.next = (kind.next + 1) % STARTS_REMEMBERED;
    if (waitedMs <= given.p50Ms) kind.p50Shift = bounded(kind.p50Shift - P50_RATE * 0.5);
    if (waitedMs <= given.p90Ms) kind.p90Shift = bounded(kind.p90Shift - P90_RATE * 0.1);
  }

  /** An end of the interval went by without the start. */
  missed({ turnsAway }: GivenForecast, end: 'p50' | 'p90'): void {
    const kind = this.kindOf(turnsAway);
    if (end === 'p50') kind.p50Shift = bounded(kind.p50Shift + P50_RATE * 0.5);
    else kind.p90Shift = bounded(kind.p90Shift + P90_RATE * 0.9);
  }

  private kindOf(turnsAway: number) {
    return this.kinds[Math.min(KINDS - 1, turnsAway)] as (typeof this.kinds)[number];
  }
}

function bounded(shift: number): number {
  return Math.min(MAX_SHIFT, Math.max(-MAX_SHIFT, shift));
}
