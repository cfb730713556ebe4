import type { ServiceTier } from '#core/catalog/service-tiers';

/** Whose lane a generation runs on. Decided when its lease is made, kept by the lease. */
export type ServedFrom = 'own' | 'lent' | 'shared';

/** Work of these tiers may claim its tenant's units, and is never recalled while it runs on them. */
export function isGuaranteedTier(tier: ServiceTier): boolean {
  return tier === 'dedicated' || tier === 'spillover';
}

/** Everything but `dedicated` may run on lanes that are not its tenant's own. */
export function mayBorrow(tier: ServiceTier): boolean {
  return tier !== 'dedicated';
}
