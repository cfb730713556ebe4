import type { ServiceTier } from '#core/catalog/service-tiers';
import type { ServedFrom } from '#core/scheduling/service-tier';

/**
 * What a request of this tier reserves. Dedicated work runs on units that are paid for by the month; flex waits for lanes that nobody needs and
 * pays half, rounded up to the micro-credit. Spillover may have to pay, so it reserves the whole price.
 */
export function tierPriceMicro(priceMicro: bigint, tier: ServiceTier): bigint {
  if (tier === 'dedicated') return 0n;
  return tier === 'flex' ? (priceMicro + 1n) / 2n : priceMicro;
}

/** Whether what is reserved is spent once it has run. Spillover pays only for lanes that are not its tenant's own. */
export function isCharged(tier: ServiceTier, servedFrom: ServedFrom | null): boolean {
  return !(tier === 'spillover' && servedFrom === 'own');
}
