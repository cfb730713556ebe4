/** What a request asks for: own units only; own units, else shared and charged; on demand; or half price, whenever there is room. */
export const SERVICE_TIERS = ['dedicated', 'spillover', 'shared', 'flex'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

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
