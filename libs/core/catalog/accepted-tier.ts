import type { ServiceTier } from '#core/catalog/service-tiers';

/** What is known of a request that credits do not cover. */
export interface Unaffordable {
  tier: ServiceTier;
  gangLanes: number;
  /** Lanes of the pool class that are guaranteed to its tenant. */
  units: number;
  /** Whether half the price is covered. */
  isFlexCovered: boolean;
}

/** The tier that would be accepted of a request that was refused for its price; undefined when there is none. */
export function acceptedTier({ tier, gangLanes, units, isFlexCovered }: Unaffordable): ServiceTier | undefined {
  if (tier === 'spillover' && units >= gangLanes) return 'dedicated';
  return tier !== 'flex' && isFlexCovered ? 'flex' : undefined;
}
