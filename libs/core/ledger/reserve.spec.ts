import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AvailableAccount, availableCredits, type TenantAccounts, type Transfer } from '#core/ledger/accounts';
import { reserve } from '#core/ledger/reserve';
import { release, settle } from '#core/ledger/resolve';

const now = new Date('2026-11-23T12:00:00Z');

function aGrant(id: string, balanceMicro: bigint, more: Partial<AvailableAccount> = {}): AvailableAccount {
  return { id, grantId: `grant-${id}`, balanceMicro, priority: 0, expiresAt: null, effectiveAt: new Date('2026-01-01'), ...more };
}
function accountsWith(...available: AvailableAccount[]): TenantAccounts {
  return { tenantId: 'a-tenant', available, reserved: { id: 'reserved', balanceMicro: 0n }, spent: { id: 'spent' } };
}

it.each([
  { available: 100n, priceMicro: 40n, expected: 'reserved' },
  { available: 40n, priceMicro: 40n, expected: 'reserved' }, // spending the last credit is fine
  { available: 39n, priceMicro: 40n, expected: 'insufficient_credits' },
  { available: 0n, priceMicro: 0n, expected: 'reserved' }, // what costs nothing needs no credits
])('$available available, price $priceMicro → $expected', ({ available, priceMicro, expected }) => {
  const outcome = reserve(accountsWith(aGrant('a', available)), priceMicro, now);
  expect('refused' in outcome ? outcome.refused : 'reserved').toBe(expected);
});

it('names what is missing', () => {
  expect(reserve(accountsWith(aGrant('a', 39n)), 40n, now)).toEqual({ refused: 'insufficient_credits', missingMicro: 1n });
});

it('burns grants by priority, then earliest expiry, and never an expired one', () => {
  const accounts = accountsWith(
    aGrant('late', 10n, { expiresAt: new Date('2027-06-01') }),
    aGrant('never', 10n),
    aGrant('soon', 10n, { expiresAt: new Date('2026-12-01') }),
    aGrant('expired', 10n, { expiresAt: new Date('2026-11-01') }),
    aGrant('first', 10n, { priority: -1 }),
  );
  const outcome = reserve(accounts, 35n, now);
  if ('refused' in outcome) throw new Error('refused');
  expect(outcome.parts.map(({ accountId, amountMicro }) => [accountId, amountMicro])).toEqual([
    ['first', 10n],
    ['soon', 10n],
    ['late', 10n],
    ['never', 5n],
  ]);
});

it('keeps every account equal to the fold of its transfers, and nothing negative', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const steps = fc.array(fc.record({ price: fc.bigInt(0n, 50n), end: fc.constantFrom('settle', 'release', 'none') }), { maxLength: 40 });
  const grants = fc.array(fc.bigInt(0n, 100n), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(grants, steps, (balances, moves) => {
      let accounts = accountsWith(...balances.map((balance, at) => aGrant(String(at), balance)));
      const transfers: Transfer[] = [];
      for (const { price, end } of moves) {
        const reservation = reserve(accounts, price, now);
        if ('refused' in reservation) continue;
        accounts = reservation.accounts;
        transfers.push(...reservation.transfers);
        if (end === 'none') continue;
        const movement = (end === 'settle' ? settle : release)(accounts, reservation.parts);
        accounts = movement.accounts;
        transfers.push(...movement.transfers);
      }
      const fold = (id: string, start: bigint) =>
        transfers.reduce(
          (sum, t) => sum + (t.creditAccountId === id ? t.amountMicro : 0n) - (t.debitAccountId === id ? t.amountMicro : 0n),
          start,
        );
      for (const [at, { id, balanceMicro }] of accounts.available.entries()) {
        expect(balanceMicro).toBe(fold(id, balances[at] as bigint));
        expect(balanceMicro >= 0n).toBe(true);
      }
      expect(accounts.reserved.balanceMicro).toBe(fold('reserved', 0n));
      expect(accounts.reserved.balanceMicro >= 0n).toBe(true);
      expect(transfers.every(({ amountMicro }) => amountMicro > 0n)).toBe(true);
      const total = availableCredits(accounts, now) + accounts.reserved.balanceMicro + fold('spent', 0n);
      expect(total).toBe(balances.reduce((sum, balance) => sum + balance, 0n));
    }),
    { seed, verbose: 1 }, // a failure prints its seed
  );
});
