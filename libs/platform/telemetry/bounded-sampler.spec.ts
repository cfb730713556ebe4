import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { BoundedSampler } from '#platform/telemetry/bounded-sampler';

it('keeps every trace up to its bound, and as many again as time has passed', () => {
  let nowMs = 0;
  const sampler = new BoundedSampler(4, () => nowMs);
  const kept = (asked: number) =>
    Array.from({ length: asked }, () => sampler.shouldSample()).filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED)
      .length;
  expect(kept(10)).toBe(4);
  nowMs = 500;
  expect(kept(10)).toBe(2);
  nowMs = 60_000;
  expect(kept(10)).toBe(4); // an idle minute saves nothing up
});
