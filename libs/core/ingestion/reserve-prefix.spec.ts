import { expect, it } from 'vitest';
import { type PrefixLimit, reservePrefix } from '#core/ingestion/reserve-prefix';
import type { TenantAccounts } from '#core/ledger/accounts';

const NOW = new Date('2026-01-01T00:00:00Z');
const ANY = { projectId: null, modelFamily: 'photon' };

it.each<{ availableMicro: bigint; limits?: PrefixLimit[]; prices: bigint[]; taken: number; endedBy: string | null; missingMicro: bigint }>([
  { availableMicro: 30n, prices: [10n, 10n, 10n], taken: 3, endedBy: null, missingMicro: 0n },
  { availableMicro: 29n, prices: [10n, 10n, 10n], taken: 2, endedBy: 'credits', missingMicro: 1n },
  // A cheaper row behind the first that is not covered is not taken: where the prefix ends is one number.
  { availableMicro: 15n, prices: [10n, 10n, 5n], taken: 1, endedBy: 'credits', missingMicro: 5n },
  {
    availableMicro: 99n,
    limits: [{ name: 'batch_budget', leftMicro: 20n }],
    prices: [10n, 10n, 10n],
    taken: 2,
    endedBy: 'batch_budget',
    missingMicro: 10n,
  },
  {
    availableMicro: 99n,
    limits: [
      { name: 'batch_budget', leftMicro: 20n },
      { name: 'key_cap', leftMicro: 15n },
      { name: 'project_budget', leftMicro: 30n },
    ],
    prices: [10n, 10n],
    taken: 1,
    endedBy: 'key_cap',
    missingMicro: 5n,
  },
  // Used up before its budget was lowered: nothing that costs goes on, what costs nothing does.
  {
    availableMicro: 99n,
    limits: [{ name: 'project_budget', leftMicro: -5n }],
    prices: [0n, 10n],
    taken: 1,
    endedBy: 'project_budget',
    missingMicro: 15n,
  },
])(
  '$availableMicro available, prices $prices, limits $limits → $taken rows',
  ({ availableMicro, limits, prices, taken, endedBy, missingMicro }) => {
    const rows = prices.map((priceMicro) => ({ priceMicro, purpose: ANY }));
    const prefix = reservePrefix(accountsWith(availableMicro), rows, NOW, limits);
    expect(prefix.parts).toHaveLength(taken);
    expect(prefix).toMatchObject({ endedBy, missingMicro });
  },
);

it('folds the rows of a chunk into one transfer a grant', () => {
  const rows = Array.from({ length: 3 }, () => ({ priceMicro: 10n, purpose: ANY }));
  const { transfers, accounts } = reservePrefix(accountsWith(15n, 40n), rows, NOW);
  expect(transfers.map(({ debitAccountId, amountMicro }) => [debitAccountId, amountMicro])).toEqual([
    ['available-0', 15n],
    ['available-1', 15n],
  ]);
  expect(accounts.reserved.balanceMicro).toBe(30n);
});

function accountsWith(...balances: bigint[]): TenantAccounts {
  return {
    tenantId: 'a-tenant',
    reserved: { id: 'reserved', balanceMicro: 0n },
    spent: { id: 'spent' },
    available: balances.map((balanceMicro, at) => ({
      id: `available-${at}`,
      grantId: `grant-${at}`,
      balanceMicro,
      priority: at,
      expiresAt: null,
      effectiveAt: new Date(0),
      source: 'top_up',
      projectId: null,
      modelFamilies: null,
    })),
  };
}
