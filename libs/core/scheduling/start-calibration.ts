import { STARTS_REMEMBERED } from '#core/scheduling/limits';

export interface StartInterval {
  p50Ms: number;
  p90Ms: number;
}

/** What is waited for: it decides how a wait errs. */
export interface AwaitedStart {
  /** Turns of its tenant until its own. */
  turnsAway: number;
  /** Its tenant's own units may serve it, which nobody else's work gets between. */
  isOnUnits: boolean;
}

/** What was told of a start that has come. */
export interface GivenForecast extends StartInterval, AwaitedStart {
  expectedMs: number;
}

/** How strongly one interval that missed moves the next ones, in e-folds: those of its kind, and those of all kinds. P90 has to follow a growing queue more quickly. */
const P50_RATE = { kind: 0.003, all: 0.0015 };
const P90_RATE = { kind: 0.02, all: 0.004 };
const MAX_SHIFT = 2;
/** Of shared lanes: work of the present turn, of the next ones, and of all later ones. What newcomers pass is late in another way than what they do not. */
const SHARED_KINDS = 5;
/** Almost no wait says nothing about long ones. */
const LEARN_FROM_MS = 1_000;

class Shifts {
  p50 = 0;
  p90 = 0;

  move(end: 'p50' | 'p90', by: number): void {
    this[end] = Math.min(MAX_SHIFT, Math.max(-MAX_SHIFT, this[end] + by));
  }
}

/**
 * Turns an expected wait into an interval that keeps its word. P50 is the expectation itself, moved by every end that was told and missed or kept; P90 starts
 * from the recent ratios of actual to expected waits, too. A miss is learned when it happens, not when the start comes at last: else a growing queue would
 * teach too late.
 */
export class StartCalibration {
  private readonly all = new Shifts();
  private readonly onUnits = aKind();
  private readonly shared = Array.from({ length: SHARED_KINDS }, aKind);

  interval(expectedMs: number, awaited: AwaitedStart): StartInterval {
    const { ratios, shifts } = this.kindOf(awaited);
    const sorted = ratios.toSorted((one, other) => one - other);
    const highRatio = sorted[Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))] as number;
    const p50Ms = expectedMs * Math.exp(shifts.p50 + this.all.p50);
    return { p50Ms, p90Ms: Math.max(p50Ms, expectedMs * highRatio * Math.exp(shifts.p90 + this.all.p90)) };
  }

  /** The start came. */
  started(given: GivenForecast, waitedMs: number): void {
    if (given.expectedMs <= LEARN_FROM_MS) return;
    const kind = this.kindOf(given);
    kind.ratios[kind.next] = waitedMs / given.expectedMs;
    kind.next = (kind.next + 1) % STARTS_REMEMBERED;
    if (waitedMs <= given.p50Ms) this.move(given, 'p50', -0.5);
    if (waitedMs <= given.p90Ms) this.move(given, 'p90', -0.1);
  }

  /** An end of the interval went by without the start. */
  missed(given: GivenForecast, end: 'p50' | 'p90'): void {
    if (given.expectedMs <= LEARN_FROM_MS) return;
    this.move(given, end, end === 'p50' ? 0.5 : 0.9);
  }

  private move(awaited: AwaitedStart, end: 'p50' | 'p90', by: number): void {
    const rate = end === 'p50' ? P50_RATE : P90_RATE;
    this.kindOf(awaited).shifts.move(end, rate.kind * by);
    this.all.move(end, rate.all * by);
  }

  private kindOf({ turnsAway, isOnUnits }: AwaitedStart): Kind {
    return isOnUnits ? this.onUnits : (this.shared[Math.min(SHARED_KINDS - 1, turnsAway)] as Kind);
  }
}

interface Kind {
  /** Actual ÷ expected waits; until there are others, ones that are no better than they should be. */
  ratios: number[];
  next: number;
  shifts: Shifts;
}

function aKind(): Kind {
  return { ratios: [1, 1, 2], next: 0, shifts: new Shifts() };
}
