import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A short film of ten seconds, asked for at the beginning of time by whoever shares. */
export const aGeneration: WaitingGeneration = {
  tenantId: 'a',
  generationId: 'a',
  tier: 'shared',
  model: 'ray-2',
  outputKey: '540p',
  burnLaneMs: 10_000,
  gangLanes: 1,
  priority: 0,
  startBy: null,
  completeBy: null,
  createdAt: 0,
  queuedAt: 0,
  traceparent: null,
  placement: {},
};
