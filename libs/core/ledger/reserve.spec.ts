import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AvailableAccount,
  availableCredits,
  BREAKAGE_ACCOUNT_ID,
  type Movement,
  type TenantAccounts,
  type Transfer,
} from '#core/ledger/accounts';
import { expire } from '#core/ledger/expire';
import { reserve } from '#core/ledger/reserve';
import { release, settle } from '#core/ledger/resolve';

const now = new Date('2026-11-23T12:00:00Z');

function aGrant(id: string, balanceMicro: bigint, more: Partial<AvailableAccount> = {}): AvailableAccount {
  return {
    id,
    grantId: `grant-${id}`,
    balanceMicro,
    priority: 0,
    expiresAt: null,
    effectiveAt: new Date('2026-01-01'),
    source: 'top_up',
    projectId: null,
    modelFamilies: null,
    ...more,
  };
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

it('burns what was given before what was paid, when both end at the same time', () => {
  const accounts = accountsWith(
    aGrant('paid', 10n),
    aGrant('promotion', 10n, { source: 'promotion', effectiveAt: new Date('2026-06-01') }),
  );
  expect(reserve(accounts, 15n, now)).toMatchObject({ parts: [{ accountId: 'promotion' }, { accountId: 'paid', amountMicro: 5n }] });
});

it.each([
  { purpose: { projectId: 'ours', modelFamily: 'ray' }, available: 111n },
  { purpose: { projectId: 'ours', modelFamily: 'photon' }, available: 11n },
  { purpose: { projectId: null, modelFamily: 'ray' }, available: 101n },
  { purpose: { projectId: 'other', modelFamily: 'photon' }, available: 1n },
])('spends a grant only on what it applies to: $purpose → $available', ({ purpose, available }) => {
  const accounts = accountsWith(
    aGrant('any', 1n),
    aGrant('of a project', 10n, { projectId: 'ours' }),
    aGrant('of a family', 100n, { modelFamilies: ['ray', 'sora'] }),
  );
  expect(availableCredits(accounts, now, purpose)).toBe(available);
  expect('refused' in reserve(accounts, available, now, purpose)).toBe(false);
  expect(reserve(accounts, available + 1n, now, purpose)).toEqual({ refused: 'insufficient_credits', missingMicro: 1n });
});

it('leaves with a generation what it reserved of a grant that expires meanwhile', () => {
  const later = new Date('2026-11-24');
  const before = accountsWith(aGrant('a', 100n, { expiresAt: new Date('2026-11-23T13:00:00Z') }));
  const reservation = reserve(before, 40n, now);
  if ('refused' in reservation) throw new Error('refused');
  const expiry = expire(reservation.accounts, later);
  expect(expiry.transfers).toEqual([
    { debitAccountId: 'a', creditAccountId: BREAKAGE_ACCOUNT_ID, amountMicro: 60n, code: 'expire', leg: 0 },
  ]);
  expect(expiry.accounts.reserved.balanceMicro).toBe(40n);
  expect(settle(expiry.accounts, reservation.parts).transfers).toMatchObject([{ creditAccountId: 'spent', amountMicro: 40n }]);
  const returned = release(expiry.accounts, reservation.parts, later);
  expect(returned.transfers).toMatchObject([{ creditAccountId: BREAKAGE_ACCOUNT_ID, amountMicro: 40n }]);
  expect(returned.accounts).toMatchObject({ available: [{ balanceMicro: 0n }], reserved: { balanceMicro: 0n } });
});

it('keeps every account equal to the fold of its transfers, and nothing negative', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const steps = fc.array(
    fc.record({ price: fc.bigInt(0n, 50n), end: fc.constantFrom('settle', 'release', 'none'), hours: fc.nat(3), expires: fc.boolean() }),
    { maxLength: 40 },
  );
  const aBalance = fc.record({ balance: fc.bigInt(0n, 100n), expiresInHours: fc.option(fc.integer({ min: 1, max: 40 })) });
  const grants = fc.array(aBalance, { minLength: 1, maxLength: 4 });
  const hoursLater = (from: Date, hours: number) => new Date(from.getTime() + hours * 3_600_000);
  fc.assert(
    fc.property(grants, steps, (given, moves) => {
      const balances = given.map(({ balance }) => balance);
      let accounts = accountsWith(
        ...given.map(({ balance, expiresInHours }, at) =>
          aGrant(String(at), balance, { expiresAt: expiresInHours === null ? null : hoursLater(now, expiresInHours) }),
        ),
      );
      let time = now;
      const transfers: Transfer[] = [];
      const move = (movement: Movement) => {
        accounts = movement.accounts;
        transfers.push(...movement.transfers);
      };
      for (const { price, end, hours, expires } of moves) {
        const reservation = reserve(accounts, price, time);
        if ('refused' in reservation) continue;
        move(reservation);
        time = hoursLater(time, hours);
        if (expires) move(expire(accounts, time));
        if (end !== 'none') move(end === 'settle' ? settle(accounts, reservation.parts) : release(accounts, reservation.parts, time));
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
      const left = accounts.available.reduce((sum, { balanceMicro }) => sum + balanceMicro, 0n);
      const total = left + accounts.reserved.balanceMicro + fold('spent', 0n) + fold(BREAKAGE_ACCOUNT_ID, 0n);
      expect(total).toBe(balances.reduce((sum, balance) => sum + balance, 0n));
    }),
    { seed, verbose: 1 }, // a failure prints its seed
  );
});
