import type { Purpose, ReservedPart, SpendableAccounts } from '#core/ledger/accounts';
import { type InsufficientCredits, reserve } from '#core/ledger/reserve';
import { type BudgetExceeded, type SpendingCap, underCaps } from '#core/ledger/spending-cap';
import { type GenerationTransfers, lockSpendable, saveMovements } from '#features/ledger/movements.service';
import type { HotTx, Tx } from '#platform/database/tx';

/** One generation's wish for its price. */
export interface ReserveWish {
  tenantId: string;
  generationId: string;
  priceMicro: bigint;
  /** Decides which grants apply; absent: any. */
  purpose?: Purpose;
  /** Budgets that must cover the price too. */
  caps?: readonly SpendingCap[];
}

/** `exceeded`: caps that only warn, and would have refused. */
export type ReserveOutcome = { parts: readonly ReservedPart[]; exceeded?: readonly SpendingCap[] } | InsufficientCredits | BudgetExceeded;

/**
 * Folds the rule over a group in its order: who comes later sees what is left.
 * @param accounts locked; replaced by the accounts as they stand after the group
 * @param used what capped subjects have used of the month, by their ids; grows with the group
 */
export function reserveTogether(
  accounts: Map<string, SpendableAccounts>,
  wishes: readonly ReserveWish[],
  now: Date,
  used: Map<string, bigint> = new Map(),
): { outcomes: ReserveOutcome[]; movements: GenerationTransfers[] } {
  const movements: GenerationTransfers[] = [];
  const outcomes = wishes.map(({ tenantId, generationId, priceMicro, purpose, caps = [] }): ReserveOutcome => {
    const before = accounts.get(tenantId);
    if (!before) return { refused: 'insufficient_credits', missingMicro: priceMicro };
    const budget = underCaps(caps, used, priceMicro);
    if ('refused' in budget) return budget;
    const reservation = reserve(before, priceMicro, now, purpose);
    if ('refused' in reservation) return reservation;
    for (const { subjectId } of caps) used.set(subjectId, (used.get(subjectId) ?? 0n) + priceMicro);
    accounts.set(tenantId, reservation.accounts);
    movements.push({ tenantId, generationId, transfers: reservation.transfers });
    return { parts: reservation.parts, exceeded: budget.exceeded };
  });
  return { outcomes, movements };
}

/**
 * The ledger's part of a group of submits alone: locks, reserves, writes. A refused member writes nothing.
 * @param again the group may have been committed already: what its members hold then is their success
 */
export async function reserveAll(tx: HotTx, wishes: readonly ReserveWish[], again: boolean): Promise<ReserveOutcome[]> {
  const accounts = await lockSpendable(
    tx,
    wishes.map(({ tenantId }) => tenantId),
  );
  const held = again ? await heldParts(tx, wishes) : new Map<string, ReservedPart[]>();
  const { outcomes, movements } = reserveTogether(
    accounts,
    wishes.filter(({ generationId }) => !held.has(generationId)),
    new Date(),
  );
  saveMovements(tx, accounts, movements);
  const decided = outcomes.values();
  return wishes.map(({ generationId }) => {
    const parts = held.get(generationId);
    return parts ? { parts } : (decided.next().value as ReserveOutcome);
  });
}

async function heldParts(tx: Tx, wishes: readonly ReserveWish[]): Promise<Map<string, ReservedPart[]>> {
  const rows = await tx.query<{ generation_id: string; grant_id: string; account_id: string; amount_micro: string }>(
    `SELECT t.generation_id, a.grant_id, a.id AS account_id, t.amount_micro
       FROM unnest($1::uuid[], $2::uuid[]) AS w (tenant_id, generation_id)
       JOIN transfers t ON t.tenant_id = w.tenant_id AND t.generation_id = w.generation_id AND t.code = 'reserve'
       JOIN accounts a ON a.tenant_id = t.tenant_id AND a.id = t.debit_account_id
      ORDER BY t.generation_id, t.leg`,
    [wishes.map(({ tenantId }) => tenantId), wishes.map(({ generationId }) => generationId)],
  );
  const parts = Map.groupBy(rows, (row) => row.generation_id);
  return new Map(
    [...parts].map(([generationId, held]) => [
      generationId,
      held.map((row) => ({ grantId: row.grant_id, accountId: row.account_id, amountMicro: BigInt(row.amount_micro) })),
    ]),
  );
}
