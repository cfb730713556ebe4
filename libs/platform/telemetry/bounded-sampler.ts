import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';

/** Per second and process: enough to keep every trace of an ordinary day, too few to be felt on a busy one. */
const MAX_NEW_TRACES_PER_S = 100;

const KEPT: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_KEPT: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Keeps every new trace until they come faster than the bound, and then a second's worth of them (decisions/0012). Decides about roots
 * only: what belongs to a trace is kept or left out with it.
 */
export class BoundedSampler implements Sampler {
  private left: number;
  private refilledMs: number;

  /** @param nowMs of a clock that never goes back */
  constructor(
    private readonly perSecond: number = MAX_NEW_TRACES_PER_S,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.left = perSecond;
    this.refilledMs = nowMs();
  }

  shouldSample(): SamplingResult {
    const nowMs = this.nowMs();
    this.left = Math.min(this.perSecond, this.left + ((nowMs - this.refilledMs) / 1_000) * this.perSecond);
    this.refilledMs = nowMs;
    if (this.left < 1) return NOT_KEPT;
    this.left -= 1;
    return KEPT;
  }

  toString(): string {
    return `BoundedSampler{${this.perSecond}/s}`;
  }
}
