import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AvailableAccount, TenantAccounts } from '#core/ledger/accounts';
import { refund } from '#core/ledger/refund';

const now = new Date('2026-11-23T12:00:00Z');
const parts = [
  { grantId: 'g1', accountId: 'first', amountMicro: 30n },
  { grantId: 'g2', accountId: 'second', amountMicro: 20n },
];

function accountsWith(...ids: string[]): TenantAccounts {
  const available = ids.map(
    (id): AvailableAccount => ({
      id,
      grantId: `of ${id}`,
      balanceMicro: 0n,
      priority: 0,
      expiresAt: id === 'expired' ? new Date('2026-01-01') : null,
      effectiveAt: new Date('2026-01-01'),
      source: 'top_up',
      projectId: null,
      modelFamilies: null,
    }),
  );
  return { tenantId: 't', available, reserved: { id: 'reserved', balanceMicro: 7n }, spent: { id: 'spent' } };
}

it('returns the last spent part first', () => {
  const outcome = refund(accountsWith('first', 'second'), parts, { amountMicro: 25n, refundedMicro: 0n, firstLeg: 0, now });
  expect(outcome).toMatchObject({
    transfers: [
      { debitAccountId: 'spent', creditAccountId: 'second', amountMicro: 20n, code: 'refund', leg: 0 },
      { creditAccountId: 'first', amountMicro: 5n, leg: 1 },
    ],
    lostGrantsMicro: 0n,
    accounts: { reserved: { balanceMicro: 7n } },
  });
});

it('asks for a grant of its own for what came from grants that have ended', () => {
  const spent = [{ grantId: 'g', accountId: 'expired', amountMicro: 30n }, ...parts.slice(1)];
  expect(refund(accountsWith('expired'), spent, { amountMicro: 50n, refundedMicro: 0n, firstLeg: 0, now })).toMatchObject({
    transfers: [],
    lostGrantsMicro: 50n,
  });
});

it.each([0n, 51n])('refuses to refund %s of 50', (amountMicro) => {
  expect(refund(accountsWith('first'), parts, { amountMicro, refundedMicro: 0n, firstLeg: 0, now })).toEqual({
    refused: 'nothing_to_refund',
    refundableMicro: 50n,
  });
});

it('never returns more than was spent, however it is cut', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, 30n), { maxLength: 10 }), (amounts) => {
      let accounts = accountsWith('first', 'second');
      let refundedMicro = 0n;
      for (const amountMicro of amounts) {
        const outcome = refund(accounts, parts, { amountMicro, refundedMicro, firstLeg: 0, now });
        if ('refused' in outcome) continue;
        refundedMicro += amountMicro;
        accounts = outcome.accounts;
      }
      const [first, second] = accounts.available.map(({ balanceMicro }) => balanceMicro) as [bigint, bigint];
      expect(first <= 30n && second <= 20n && first + second === refundedMicro).toBe(true);
    }),
    { seed, verbose: 1 }, // a failure prints its seed
  );
});
