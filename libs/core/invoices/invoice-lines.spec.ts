import { expect, it } from 'vitest';
import { amountCents, creditPriceMillicents, type InvoiceLine, inOrder, totalsOf } from '#core/invoices/invoice-lines';

it.each([
  { plan: null, millicents: 300 },
  { plan: 'free', millicents: 300 },
  { plan: 'plus', millicents: 300 },
  { plan: 'pro', millicents: 225 },
  { plan: 'ultra', millicents: 200 },
] as const)('a credit costs $millicents thousandths of a cent on the plan $plan', ({ plan, millicents }) => {
  expect(creditPriceMillicents(plan)).toBe(millicents);
});

it.each([
  { micro: 10_000_000_000n, millicents: 300, cents: 3_000n },
  { micro: 1_000_000n, millicents: 300, cents: 0n }, // three tenths of a cent
  { micro: 5_000_000n, millicents: 300, cents: 2n }, // a cent and a half
  { micro: 1n, millicents: 225, cents: 0n },
])('$micro micro-credits at $millicents come to $cents cents', ({ micro, millicents, cents }) => {
  expect(amountCents(micro, millicents)).toBe(cents);
});

it('taxes the sum, not each line', () => {
  const lines = [{ amountCents: 3n }, { amountCents: 4n }];
  expect(totalsOf(lines, 1_900)).toEqual({ subtotalCents: 7n, taxCents: 1n, totalCents: 8n });
});

it('folds what is more than an invoice lists, and keeps every sum', () => {
  const lines = Array.from({ length: 50 }, (_, at) => aLine({ kind: at % 2 ? 'usage' : 'overage', micro: BigInt(at), quantity: 1 }));
  const listed = inOrder(lines, 20);
  expect(listed.length).toBeLessThanOrEqual(20);
  for (const kind of ['usage', 'overage'] as const) expect(sumOf(listed, kind)).toBe(sumOf(lines, kind));
  expect(listed.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(50);
});

function sumOf(lines: readonly InvoiceLine[], kind: InvoiceLine['kind']): bigint {
  return lines.filter((line) => line.kind === kind).reduce((sum, { micro }) => sum + micro, 0n);
}

function aLine(more: Partial<InvoiceLine>): InvoiceLine {
  return {
    ...{ kind: 'usage', projectId: null, projectName: null, model: 'ray-2', serviceTier: 'shared', source: 'plan_period', plan: null },
    ...{ quantity: 1, micro: 0n, priceMillicents: null, amountCents: 0n },
    ...more,
  };
}
