/** How a request may be served: on own units only, on own units else shared, on demand, or at half price and interruptible. */
export const SERVICE_TIERS = ['dedicated', 'spillover', 'shared', 'flex'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

export const DEFAULT_SERVICE_TIER: ServiceTier = 'shared';

export function isServiceTier(text: string): text is ServiceTier {
  return (SERVICE_TIERS as readonly string[]).includes(text);
}
