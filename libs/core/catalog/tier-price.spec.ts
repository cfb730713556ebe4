import { expect, it } from 'vitest';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { isCharged, tierPriceMicro } from '#core/catalog/tier-price';
import type { ServedFrom } from '#core/scheduling/service-tier';

it.each([
  { tier: 'dedicated', priceMicro: 5_000_001n, reservedMicro: 0n },
  { tier: 'spillover', priceMicro: 5_000_001n, reservedMicro: 5_000_001n },
  { tier: 'shared', priceMicro: 5_000_001n, reservedMicro: 5_000_001n },
  { tier: 'flex', priceMicro: 5_000_001n, reservedMicro: 2_500_001n },
] as const)('$tier reserves $reservedMicro of $priceMicro', ({ tier, priceMicro, reservedMicro }) => {
  expect(tierPriceMicro(priceMicro, tier)).toBe(reservedMicro);
});

it.each<{ tier: ServiceTier; servedFrom: ServedFrom; charged: boolean }>([
  { tier: 'spillover', servedFrom: 'own', charged: false },
  { tier: 'spillover', servedFrom: 'lent', charged: true },
  { tier: 'spillover', servedFrom: 'shared', charged: true },
  { tier: 'shared', servedFrom: 'own', charged: true }, // whoever wants its units to count asks for a tier that says so
  { tier: 'flex', servedFrom: 'own', charged: true },
])('$tier served from $servedFrom: charged $charged', ({ tier, servedFrom, charged }) => {
  expect(isCharged(tier, servedFrom)).toBe(charged);
});
