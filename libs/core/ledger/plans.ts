import { quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { MICRO_CREDITS_PER_CREDIT } from '#core/ledger/credits';

export const PLAN_NAMES = ['free', 'plus', 'pro', 'ultra'] as const;
export type PlanName = (typeof PLAN_NAMES)[number];

/** What a plan costs and grants in one UTC month. */
export const PLANS: Readonly<Record<PlanName, { usdCents: number; micro: bigint }>> = {
  free: { usdCents: 0, micro: 0n },
  plus: { usdCents: 3_000, micro: 10_000n * MICRO_CREDITS_PER_CREDIT },
  pro: { usdCents: 9_000, micro: 40_000n * MICRO_CREDITS_PER_CREDIT },
  ultra: { usdCents: 30_000, micro: 150_000n * MICRO_CREDITS_PER_CREDIT },
};

/** The free plan makes this many Dream Machine clips of the default form a day. */
const FREE_CLIPS_A_DAY = 10n;
const FREE_MODEL_FAMILY = 'ray';

export interface Period {
  startsAt: Date;
  endsAt: Date;
}

/** What is granted for a period, and until when it can be spent. */
export interface PeriodGrant extends Period {
  source: 'plan_period' | 'promotion';
  micro: bigint;
  modelFamilies: readonly string[] | null;
}

/** Paid plans grant by UTC month, the free one by UTC day: what is left at its end is gone. */
export function grantOf(plan: PlanName, now: Date): PeriodGrant {
  if (plan !== 'free') return { ...monthAround(now), source: 'plan_period', micro: PLANS[plan].micro, modelFamilies: null };
  return { ...dayAround(now), source: 'promotion', micro: FREE_CLIPS_A_DAY * defaultClipMicro(), modelFamilies: [FREE_MODEL_FAMILY] };
}

/** How a plan follows another: what more is granted and charged for the rest of the month, and when it begins. */
export type PlanChange =
  | { startsAt: 'now'; micro: bigint; usdCents: number; endsAt: Date }
  /** A smaller plan begins with the next month: what this one granted and cost stays. */
  | { startsAt: Date };

/** An upgrade begins at once with the difference for the rest of the month, rounded down; anything else with the next month. */
export function changePlan(from: PlanName | null, to: PlanName, now: Date): PlanChange {
  const old = PLANS[from ?? 'free'];
  const month = monthAround(now);
  if (from !== null && from !== 'free' && PLANS[to].micro <= old.micro) return { startsAt: month.endsAt };
  return {
    startsAt: 'now',
    micro: forTheRest(PLANS[to].micro - old.micro, now, month),
    usdCents: Number(forTheRest(BigInt(PLANS[to].usdCents - old.usdCents), now, month)),
    endsAt: month.endsAt,
  };
}

function forTheRest(amount: bigint, now: Date, { startsAt, endsAt }: Period): bigint {
  return (amount * BigInt(endsAt.getTime() - now.getTime())) / BigInt(endsAt.getTime() - startsAt.getTime());
}

export function monthAround(now: Date): Period {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { startsAt: new Date(Date.UTC(year, month, 1)), endsAt: new Date(Date.UTC(year, month + 1, 1)) };
}

function dayAround(now: Date): Period {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return { startsAt: new Date(Date.UTC(year, month, day)), endsAt: new Date(Date.UTC(year, month, day + 1)) };
}

function defaultClipMicro(): bigint {
  const quoted = quote({ kind: 'video', model: 'ray-2' }, CURRENT_RATE_CARD);
  if ('refused' in quoted) throw new Error(quoted.message);
  return quoted.priceMicro;
}
