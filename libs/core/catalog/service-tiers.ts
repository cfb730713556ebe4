/** How a request may be served: on own units only, on own units else shared, on demand, or at half price and interruptible. */
export const SERVICE_TIERS = ['dedicated', 'spillover', 'shared', 'flex'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

/** Tiers that can be bought today; the others are refused by name. */
export const OFFERED_SERVICE_TIERS: readonly ServiceTier[] = ['shared'];
export const DEFAULT_SERVICE_TIER: ServiceTier = 'shared';
