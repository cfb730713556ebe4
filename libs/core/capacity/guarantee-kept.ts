import { Heap } from '#core/scheduling/heap';

/** How late a start on one's own units may be: what a recall takes, and more. */
export const KEPT_WITHIN_MS = 1_000;

/** Misses of a month that are kept one by one; all of them are counted. */
export const MAX_MISSES_KEPT = 1_000;

/** A start that came too late, beside when it would have come on a private partition. */
export interface MissedStart {
  start: RecordedStart;
  dueAtMs: number;
}

/** Work that its tenant's units serve, as it was recorded. Points in time are milliseconds since 1970. */
export interface RecordedStart {
  generationId: string;
  queuedAtMs: number;
  startedAtMs: number;
  /** When its lanes were free again; for work that still runs, now. */
  freedAtMs: number;
  lanes: number;
  /** Among its tenant's own. */
  priority: number;
}

export interface GuaranteeKept {
  starts: number;
  kept: number;
}

/**
 * Plays a tenant's recorded work on a private partition of as many lanes as it had units, by priority, then age: a start is kept if it came
 * within a second of the one there. So it asks what was sold, whatever the planner did.
 */
export class PrivatePartition {
  starts = 0;
  kept = 0;
  /** The first ones. */
  readonly misses: MissedStart[] = [];
  private units = 0;
  private nowMs = 0;
  private readonly freeAt = new Heap<{ ms: number }>((one, other) => one.ms < other.ms);
  private readonly waiting = new Heap<RecordedStart>((one, other) =>
    one.priority === other.priority ? one.queuedAtMs < other.queuedAtMs : one.priority > other.priority,
  );

  /** Units that are added are free at once; units that are taken away are those that would be free first. */
  resize(units: number, nowMs: number): void {
    this.startUntil(nowMs);
    for (; this.units < units; this.units += 1) this.freeAt.add({ ms: nowMs });
    for (; this.units > units; this.units -= 1) this.freeAt.takeBest();
  }

  /** To be called in the order in which they were queued. Work that needs more lanes than there are units was promised nothing. */
  queue(start: RecordedStart): void {
    this.startUntil(start.queuedAtMs);
    if (start.lanes <= this.units) this.waiting.add(start);
  }

  finish(): void {
    this.startUntil(Number.POSITIVE_INFINITY);
  }

  private startUntil(untilMs: number): void {
    for (let next = this.waiting.best(); next; next = this.waiting.best()) {
      if (next.lanes > this.units) {
        this.waiting.takeBest(); // its units went away before its turn came
        continue;
      }
      const lanes = Array.from({ length: next.lanes }, () => this.freeAt.takeBest() as { ms: number });
      const startMs = Math.max(next.queuedAtMs, this.nowMs, ...lanes.map(({ ms }) => ms));
      if (startMs >= untilMs) {
        for (const lane of lanes) this.freeAt.add(lane);
        break;
      }
      this.waiting.takeBest();
      this.nowMs = startMs;
      const freeAgainMs = startMs + Math.max(0, next.freedAtMs - next.startedAtMs);
      for (const lane of lanes) this.freeAt.add(Object.assign(lane, { ms: freeAgainMs }));
      this.starts += 1;
      if (next.startedAtMs <= startMs + KEPT_WITHIN_MS) this.kept += 1;
      else if (this.misses.length < MAX_MISSES_KEPT) this.misses.push({ start: next, dueAtMs: startMs });
    }
  }
}

/** Percent of a month's price that is credited when less than this was kept, the worst first. */
const CREDITS = [
  { belowPct: 95, creditPct: 50n },
  { belowPct: 99, creditPct: 25n },
  { belowPct: 99.9, creditPct: 10n },
] as const;

/** In percent; a month without starts kept everything it promised. */
export function keptPct({ starts, kept }: GuaranteeKept): number {
  return starts === 0 ? 100 : (kept / starts) * 100;
}

/** What a month's missed guarantee is worth. @param priceMicro what the tenant's units cost for that month */
export function serviceCredit(kept: GuaranteeKept, priceMicro: bigint): bigint {
  const step = CREDITS.find(({ belowPct }) => keptPct(kept) < belowPct);
  return step ? (priceMicro * step.creditPct) / 100n : 0n;
}
