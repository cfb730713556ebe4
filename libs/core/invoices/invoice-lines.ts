import type { GrantSource } from '#core/ledger/accounts';
import { MICRO_CREDITS_PER_CREDIT } from '#core/ledger/credits';
import { PLANS, type PlanName } from '#core/ledger/plans';

/**
 * What a line is about. Plans and top-ups cost money. Usage, also that beyond the plan (`overage`: paid from top-ups), and commitments were
 * paid from credits; refunds, service credits and promotions gave some.
 */
export const INVOICE_LINE_KINDS = [
  'plan_fee',
  'top_up',
  'usage',
  'overage',
  'commitment',
  'refund',
  'service_credit',
  'promotion',
] as const;
export type InvoiceLineKind = (typeof INVOICE_LINE_KINDS)[number];

export interface InvoiceLine {
  kind: InvoiceLineKind;
  projectId: string | null;
  projectName: string | null;
  model: string | null;
  serviceTier: string | null;
  /** Whose credits paid for it. */
  source: GrantSource | null;
  plan: PlanName | null;
  /** Generations, payments, grants. */
  quantity: number;
  /** Credits that it is about: negative when they were given back. */
  micro: bigint;
  /** Of one credit, for what was bought. */
  priceMillicents: number | null;
  amountCents: bigint;
}

const MILLICENTS_PER_CENT = 1_000n;

/** What one credit costs on a plan, in thousandths of a US cent: the list price without a plan. */
export function creditPriceMillicents(plan: PlanName | null): number {
  const { usdCents, micro } = PLANS[plan === null || plan === 'free' ? 'plus' : plan];
  return Number((BigInt(usdCents) * MILLICENTS_PER_CENT * MICRO_CREDITS_PER_CREDIT) / micro);
}

/** Half a cent rounds up. */
export function amountCents(micro: bigint, priceMillicents: number): bigint {
  return halfUp(micro * BigInt(priceMillicents), MICRO_CREDITS_PER_CREDIT * MILLICENTS_PER_CENT);
}

/** @param rateBasisPoints hundredths of a percent */
export function totalsOf(lines: readonly Pick<InvoiceLine, 'amountCents'>[], rateBasisPoints: number) {
  const subtotalCents = lines.reduce((sum, line) => sum + line.amountCents, 0n);
  const taxCents = halfUp(subtotalCents * BigInt(rateBasisPoints), 10_000n);
  return { subtotalCents, taxCents, totalCents: subtotalCents + taxCents };
}

/** In the order of their kinds. Past `maxLines` the rest of each kind is one line, so that the sums stay what they are. */
export function inOrder(lines: readonly InvoiceLine[], maxLines: number): InvoiceLine[] {
  const sorted = lines.toSorted(
    (one, other) => INVOICE_LINE_KINDS.indexOf(one.kind) - INVOICE_LINE_KINDS.indexOf(other.kind) || compare(other.micro, one.micro),
  );
  if (sorted.length <= maxLines) return sorted;
  const kept = sorted.slice(0, maxLines - INVOICE_LINE_KINDS.length);
  const rest = sorted.slice(kept.length);
  const folded = INVOICE_LINE_KINDS.flatMap((kind): InvoiceLine[] => {
    const ofKind = rest.filter((line) => line.kind === kind);
    if (ofKind.length === 0) return [];
    return [
      {
        ...{ kind, projectId: null, projectName: null, model: null, serviceTier: null, source: null, plan: null, priceMillicents: null },
        quantity: ofKind.reduce((sum, { quantity }) => sum + quantity, 0),
        micro: ofKind.reduce((sum, { micro }) => sum + micro, 0n),
        amountCents: ofKind.reduce((sum, line) => sum + line.amountCents, 0n),
      },
    ];
  });
  return [...kept, ...folded];
}

function halfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
