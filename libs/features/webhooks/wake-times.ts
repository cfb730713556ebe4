/** Waits that end within so long of each other end together. */
const TICK_MS = 20;
/** A wait longer than this is left to the sweep. */
const MAX_WAIT_MS = 60_000;

/** Calls back at each of the times that were asked for, with one timer. It keeps no process alive. */
export class WakeTimes {
  private readonly ticks = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private timerTick = Number.POSITIVE_INFINITY;

  constructor(private readonly wake: () => void) {}

  get isWaiting(): boolean {
    return this.timer !== undefined;
  }

  in(waitMs: number): void {
    if (waitMs > MAX_WAIT_MS) return;
    const tick = Math.ceil((performance.now() + waitMs) / TICK_MS);
    this.ticks.add(tick);
    if (tick < this.timerTick) this.waitFor(tick);
  }

  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerTick = Number.POSITIVE_INFINITY;
    this.ticks.clear();
  }

  private waitFor(tick: number): void {
    clearTimeout(this.timer);
    this.timerTick = tick;
    this.timer = setTimeout(() => this.ring(), tick * TICK_MS - performance.now() + 1).unref();
  }

  private ring(): void {
    this.timer = undefined;
    this.timerTick = Number.POSITIVE_INFINITY;
    const nowTick = Math.floor(performance.now() / TICK_MS);
    let next = Number.POSITIVE_INFINITY;
    let hasEnded = false;
    for (const tick of this.ticks) {
      if (tick <= nowTick) hasEnded = this.ticks.delete(tick);
      else next = Math.min(next, tick);
    }
    if (next !== Number.POSITIVE_INFINITY) this.waitFor(next);
    if (hasEnded) this.wake(); // a timer that was set late in a busy turn of the event loop goes off early
  }
}
