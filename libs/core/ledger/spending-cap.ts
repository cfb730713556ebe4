/** A limit on what may be reserved and spent in one UTC month: a project's budget, or the cap of an API key. */
export interface SpendingCap {
  kind: 'project' | 'api_key';
  /** Of the project or the key. */
  subjectId: string;
  limitMicro: bigint;
  enforcement: 'refuse' | 'warn';
}

export interface BudgetExceeded {
  refused: 'budget_exceeded';
  /** By how much the request is over what is left. */
  missingMicro: bigint;
  cap: SpendingCap;
}

/**
 * Whether a price fits under every cap; a cap that only warns is answered among `exceeded` and lets it pass.
 * @param used what each subject has used of this month, by its id
 */
export function underCaps(
  caps: readonly SpendingCap[],
  used: ReadonlyMap<string, bigint>,
  priceMicro: bigint,
): { exceeded: readonly SpendingCap[] } | BudgetExceeded {
  const exceeded = caps.filter((cap) => priceMicro > 0n && overBy(cap, used, priceMicro) > 0n);
  const refusing = exceeded.find(({ enforcement }) => enforcement === 'refuse');
  if (refusing) return { refused: 'budget_exceeded', missingMicro: overBy(refusing, used, priceMicro), cap: refusing };
  return { exceeded };
}

/** First day of the UTC month of a time, as Postgres writes a date. */
export function monthOf(time: Date): string {
  return `${time.toISOString().slice(0, 7)}-01`;
}

function overBy({ subjectId, limitMicro }: SpendingCap, used: ReadonlyMap<string, bigint>, priceMicro: bigint): bigint {
  return (used.get(subjectId) ?? 0n) + priceMicro - limitMicro;
}
