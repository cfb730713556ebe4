import type { ServiceTier } from '#core/catalog/service-tiers';

/** What a request of this tier costs: flex waits for lanes that nobody needs and pays half, rounded up to the micro-credit. */
export function tierPriceMicro(priceMicro: bigint, tier: ServiceTier): bigint {
  return tier === 'flex' ? (priceMicro + 1n) / 2n : priceMicro;
}
