import type { DryRunFunds } from '#core/ingestion/dry-run-funds';
import { type PricedRow, type ReservedPrefix, reservePrefix } from '#core/ingestion/reserve-prefix';
import type { TenantAccounts, Transfer } from '#core/ledger/accounts';
import type { BatchLimits } from '#features/ingestion/batch-limits';
import type { WishedRow } from '#features/ingestion/chunk-rows';
import type { ClaimedBatch } from '#features/ingestion/claim';

export function reserved(
  accounts: TenantAccounts,
  rows: readonly WishedRow[],
  batch: ClaimedBatch,
  { limits }: BatchLimits,
): ReservedPrefix {
  return reservePrefix(accounts, pricedRows(rows, batch), new Date(), limits);
}

export function pricedRows(rows: readonly WishedRow[], { projectId }: ClaimedBatch): PricedRow[] {
  return rows.map(({ wish: { priceMicro, modelFamily } }) => ({ priceMicro, purpose: { projectId, modelFamily } }));
}

/**
 * A dry run asks what everything would cost, and reserves nothing. What is missing is told for all rows so far, and named after what is
 * scarcest.
 */
export function unlimited(
  accounts: TenantAccounts,
  rows: readonly WishedRow[],
  { priceMicro: priceSoFarMicro }: ClaimedBatch,
  { limits }: BatchLimits,
  funds: DryRunFunds,
): ReservedPrefix {
  const totalMicro = rows.reduce((sum, { wish }) => sum + wish.priceMicro, 0n);
  const missing = [
    { name: 'credits' as const, missingMicro: funds.missingMicro },
    // The batch's own budget is told less what the batch has cost so far; the others know nothing of a dry run.
    ...limits.map(({ name, leftMicro }) => {
      return { name, missingMicro: totalMicro - leftMicro + (name === 'batch_budget' ? 0n : priceSoFarMicro) };
    }),
  ].reduce((most, one) => (one.missingMicro > most.missingMicro ? one : most));
  const isMissing = missing.missingMicro > 0n;
  return {
    parts: rows.map(() => []),
    transfers: [],
    accounts,
    totalMicro,
    missingMicro: isMissing ? missing.missingMicro : 0n,
    endedBy: isMissing ? missing.name : null,
  };
}

export function stillCovers({ available }: TenantAccounts, { limits }: BatchLimits, { transfers, totalMicro }: ReservedPrefix): boolean {
  return (
    limits.every(({ leftMicro }) => totalMicro === 0n || totalMicro <= leftMicro) &&
    transfers.every(
      ({ debitAccountId, amountMicro }) => (available.find(({ id }) => id === debitAccountId)?.balanceMicro ?? -1n) >= amountMicro,
    )
  );
}

/** The balances once these transfers are in them; where they are already, a little less than there is. */
export function without(accounts: TenantAccounts, transfers: readonly Transfer[]): TenantAccounts {
  if (transfers.length === 0) return accounts;
  const taken = new Map(transfers.map(({ debitAccountId, amountMicro }) => [debitAccountId, amountMicro]));
  return {
    ...accounts,
    available: accounts.available.map((account) => {
      const leftMicro = account.balanceMicro - (taken.get(account.id) ?? 0n);
      return { ...account, balanceMicro: leftMicro > 0n ? leftMicro : 0n };
    }),
  };
}

export function less(limits: BatchLimits, transfers: readonly Transfer[]): BatchLimits {
  const takenMicro = transfers.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  // The batch's own budget is read less them: it is the batch's price that they are in.
  return {
    ...limits,
    limits: limits.limits.map((limit) => (limit.name === 'batch_budget' ? limit : { ...limit, leftMicro: limit.leftMicro - takenMicro })),
  };
}

/** What a batch that did not get all of its rows says of it. */
const REASONS = {
  credits: 'insufficient_credits',
  batch_budget: 'budget_reached',
  project_budget: 'project_budget_reached',
  key_cap: 'key_cap_reached',
} as const satisfies Record<NonNullable<ReservedPrefix['endedBy']>, string>;

/** Null when all is covered. */
export function reasonOf({ endedBy }: Pick<ReservedPrefix, 'endedBy'>): (typeof REASONS)[keyof typeof REASONS] | null {
  return endedBy && REASONS[endedBy];
}
