import type { FinishTold, WaitTold } from '#contracts/queues/wait-questions';
import { expectFinish, type FinishView, type WaitingWork } from '#core/scheduling/expect-finish';
import { type ExplainView, expectStart, explain } from '#core/scheduling/explain';
import { type GivenForecast, StartCalibration } from '#core/scheduling/start-calibration';

/** Forecasts that were told and whose start has not come: what they teach is worth more than remembering every one. */
const MAX_FORECASTS = 2_000;

interface Told extends GivenForecast {
  toldAt: number;
  isPastP50: boolean;
  isPastP90: boolean;
}

/** Tells why generations wait and until when, and learns from what came of what it told. Points in time are milliseconds since 1970. */
export class WaitForecasts {
  private readonly calibration = new StartCalibration();
  private readonly told = new Map<string, Told>();

  explain(view: ExplainView, generationId: string, now: number): WaitTold | undefined {
    const wait = explain(view, this.calibration, generationId, now);
    const head = view.waitingHead(generationId);
    const expected = head && expectStart(view, head, now);
    if (wait?.startP50 && wait.startP90 && expected && !this.told.has(generationId) && this.told.size < MAX_FORECASTS) {
      const { waitMs: expectedMs, turnsAway, isOnUnits } = expected;
      const interval = { p50Ms: wait.startP50 - now, p90Ms: wait.startP90 - now };
      this.told.set(generationId, { expectedMs, turnsAway, isOnUnits, ...interval, toldAt: now, isPastP50: false, isPastP90: false });
    }
    return wait;
  }

  expectFinish(view: FinishView, work: WaitingWork, now: number): FinishTold | undefined {
    return expectFinish(view, this.calibration, work, now);
  }

  started(generationId: string, now: number): void {
    const told = this.told.get(generationId);
    if (told) this.calibration.started(told, now - told.toldAt);
    this.told.delete(generationId);
  }

  left(generationId: string): void {
    this.told.delete(generationId);
  }

  noteMisses(now: number): void {
    for (const told of this.told.values()) {
      const waitedMs = now - told.toldAt;
      if (!told.isPastP50 && waitedMs > told.p50Ms) {
        told.isPastP50 = true;
        this.calibration.missed(told, 'p50');
      }
      if (!told.isPastP90 && waitedMs > told.p90Ms) {
        told.isPastP90 = true;
        this.calibration.missed(told, 'p90');
      }
    }
  }
}
