import { expect, it } from 'vitest';
import { burnDry, NO_DRY_RUN_FUNDS } from '#core/ingestion/dry-run-funds';
import type { AvailableAccount, TenantAccounts } from '#core/ledger/accounts';

const NOW = new Date('2026-05-05T00:00:00Z');

it.each([
  { rows: ['photon', 'photon'], missingMicro: 0n }, // the family's own grant burns first, then the general one
  { rows: ['photon', 'ray'], missingMicro: 0n },
  { rows: ['ray', 'ray'], missingMicro: 10n }, // the other family's grant does not apply
  { rows: ['ray', 'ray', 'photon', 'photon'], missingMicro: 20n }, // nor does what one family takes hide what another lacks
])('of a grant for photon and a general one, $rows lack $missingMicro', ({ rows, missingMicro }) => {
  const grants = accounts(aGrant('for photon', ['photon'], 1), aGrant('general', null, 2));
  const priced = rows.map((modelFamily) => ({ priceMicro: 10n, purpose: { projectId: null, modelFamily } }));
  expect(burnDry(grants, priced, NOW, NO_DRY_RUN_FUNDS).missingMicro).toBe(missingMicro);
  // In chunks as at once.
  const inChunks = priced.reduce((funds, row) => burnDry(grants, [row], NOW, funds), NO_DRY_RUN_FUNDS);
  expect(inChunks.missingMicro).toBe(missingMicro);
});

function aGrant(id: string, modelFamilies: string[] | null, priority: number): AvailableAccount {
  return {
    ...{ id, grantId: id, balanceMicro: 10n, priority, modelFamilies, projectId: null },
    ...{ expiresAt: null, effectiveAt: new Date(0), source: 'top_up' as const },
  };
}

function accounts(...available: AvailableAccount[]): TenantAccounts {
  return { tenantId: 't', available, reserved: { id: 'r', balanceMicro: 0n }, spent: { id: 's' } };
}
