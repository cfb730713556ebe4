import type { Clock } from '#features/scheduling/clock';

/** Time that a test may let pass at once. */
export class JumpingClock implements Clock {
  private aheadMs = 0;
  monotonicMs = () => performance.now() + this.aheadMs;
  wallMs = () => Date.now() + this.aheadMs;
  advance(byMs: number): void {
    this.aheadMs += byMs;
  }
}
