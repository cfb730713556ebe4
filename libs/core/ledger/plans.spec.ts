import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatCredits } from '#core/ledger/credits';
import { changePlan, grantOf, monthAround, PLAN_NAMES, PLANS } from '#core/ledger/plans';

it.each([
  { plan: 'plus', credits: '10000', usdCents: 3_000 },
  { plan: 'pro', credits: '40000', usdCents: 9_000 },
  { plan: 'ultra', credits: '150000', usdCents: 30_000 },
] as const)('$plan: $credits credits for $usdCents US cents a month', ({ plan, credits, usdCents }) => {
  const grant = grantOf(plan, new Date('2026-02-10T12:00:00Z'));
  expect([formatCredits(grant.micro), PLANS[plan].usdCents]).toEqual([credits, usdCents]);
  expect([grant.startsAt, grant.endsAt]).toEqual([new Date('2026-02-01'), new Date('2026-03-01')]);
});

it('grants ten clips a day on the free plan, for clips only, gone at midnight UTC', () => {
  const grant = grantOf('free', new Date('2026-12-31T23:59:59Z'));
  expect(grant).toMatchObject({ source: 'promotion', modelFamilies: ['ray'], endsAt: new Date('2027-01-01') });
  expect(grant.micro % 10n).toBe(0n);
});

it.each([
  { from: null, to: 'plus', at: '2026-11-16T00:00:00Z', expected: { startsAt: 'now', micro: 5_000_000_000n, usdCents: 1_500 } },
  { from: 'plus', to: 'pro', at: '2026-11-16T00:00:00Z', expected: { startsAt: 'now', micro: 15_000_000_000n, usdCents: 3_000 } },
  { from: 'plus', to: 'pro', at: '2026-11-01T00:00:00Z', expected: { startsAt: 'now', micro: 30_000_000_000n, usdCents: 6_000 } },
  { from: 'pro', to: 'plus', at: '2026-11-16T00:00:00Z', expected: { startsAt: new Date('2026-12-01') } },
  { from: 'pro', to: 'free', at: '2026-12-31T23:00:00Z', expected: { startsAt: new Date('2027-01-01') } },
] as const)('$from → $to at $at', ({ from, to, at, expected }) => {
  expect(changePlan(from, to, new Date(at))).toMatchObject(expected);
});

it('never grants more than the dearest plan of the month, however often it changes', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const start = monthAround(new Date('2026-11-10')).startsAt.getTime();
  const steps = fc.array(fc.record({ plan: fc.constantFrom(...PLAN_NAMES), hours: fc.nat(100) }), { maxLength: 8 });
  fc.assert(
    fc.property(steps, (changes) => {
      let granted = 0n;
      let plan: (typeof PLAN_NAMES)[number] = 'free';
      let hours = 0;
      for (const change of changes) {
        hours = Math.min(hours + change.hours, 719);
        const outcome = changePlan(plan, change.plan, new Date(start + hours * 3_600_000));
        if (outcome.startsAt !== 'now') continue;
        plan = change.plan;
        granted += outcome.micro;
      }
      expect(granted <= PLANS[plan].micro).toBe(true);
    }),
    { seed, verbose: 1 }, // a failure prints its seed
  );
});
