import { monthAround } from '#core/ledger/plans';

/** When a monthly budget will be used up if spending goes on at the mean rate of this UTC month; null when it lasts the month. */
export function budgetEndsAt({ usedMicro, budgetMicro }: { usedMicro: bigint; budgetMicro: bigint }, now: Date): Date | null {
  const { startsAt, endsAt } = monthAround(now);
  if (usedMicro >= budgetMicro) return now;
  if (usedMicro <= 0n) return null;
  const elapsedMs = BigInt(now.getTime() - startsAt.getTime());
  const endsInMs = startsAt.getTime() + Number((elapsedMs * budgetMicro) / usedMicro);
  return endsInMs < endsAt.getTime() ? new Date(endsInMs) : null;
}
