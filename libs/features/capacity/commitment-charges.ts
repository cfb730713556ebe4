import { v7 as uuidv7 } from 'uuid';
import type { Charge } from '#core/capacity/prices';
import { type ReservedPart, SERVICE_CREDITS_ACCOUNT_ID } from '#core/ledger/accounts';
import { commit, giveBack } from '#core/ledger/commit';
import type { InsufficientCredits } from '#core/ledger/reserve';
import { dayNumber } from '#features/capacity/order-book-rows';
import { grantCredits } from '#features/ledger/grants.service';
import { lockAccounts, saveMovements } from '#features/ledger/movements.service';
import type { HotTx, Tx } from '#platform/database/tx';

interface StoredPart {
  grantId: string;
  accountId: string;
  amountMicro: string;
}

/** Takes what a month of a commitment costs from the tenant's grants; `notePaid` writes it down with the month. */
export async function takePayment(
  tx: HotTx,
  tenantId: string,
  amountMicro: bigint,
): Promise<readonly ReservedPart[] | InsufficientCredits> {
  const before = (await lockAccounts(tx, [tenantId])).get(tenantId);
  if (!before) return { refused: 'insufficient_credits', missingMicro: amountMicro };
  const payment = commit(before, amountMicro, new Date());
  if ('refused' in payment) return payment;
  saveMovements(tx, new Map([[tenantId, payment.accounts]]), [{ tenantId, generationId: null, transfers: payment.transfers }]);
  return payment.parts;
}

export async function notePaid(
  tx: Tx,
  tenantId: string,
  commitmentId: string,
  month: number,
  parts: readonly ReservedPart[],
): Promise<void> {
  await tx.query('UPDATE commitment_charges SET paid_at = now(), parts = $4 WHERE tenant_id = $1 AND commitment_id = $2 AND month = $3', [
    tenantId,
    commitmentId,
    month,
    JSON.stringify(parts.map((part) => ({ ...part, amountMicro: part.amountMicro.toString() }))),
  ]);
}

/** Gives back what was paid of a commitment that never began, less what was credited for cuts, and forgets what is not due any more. */
export async function refundCharges(tx: HotTx, tenantId: string, commitmentId: string, creditedMicro: bigint): Promise<bigint> {
  const paid = await tx.query<{ parts: StoredPart[]; month: number }>(
    `SELECT month, parts FROM commitment_charges WHERE tenant_id = $1 AND commitment_id = $2 AND paid_at IS NOT NULL ORDER BY month FOR UPDATE`,
    [tenantId, commitmentId],
  );
  await tx.query('DELETE FROM commitment_charges WHERE tenant_id = $1 AND commitment_id = $2 AND paid_at IS NULL', [
    tenantId,
    commitmentId,
  ]);
  const parts = withoutFirst(
    paid.flatMap((charge) => charge.parts.map((part): ReservedPart => ({ ...part, amountMicro: BigInt(part.amountMicro) }))),
    creditedMicro,
  );
  if (parts.length === 0) return 0n;
  const before = (await lockAccounts(tx, [tenantId])).get(tenantId);
  if (!before) throw new Error(`tenant ${tenantId} has no accounts`);
  const { accounts, transfers, homelessMicro } = giveBack(before, parts, new Date());
  saveMovements(tx, new Map([[tenantId, accounts]]), [{ tenantId, generationId: null, transfers }]);
  if (homelessMicro > 0n) {
    const from = { accountId: SERVICE_CREDITS_ACCOUNT_ID, code: 'refund' } as const;
    await grantCredits(tx, { tenantId, id: uuidv7(), accountId: uuidv7(), amountMicro: homelessMicro, source: 'service_credit', from });
  }
  await tx.query('UPDATE commitment_charges SET refunded_micro = amount_micro WHERE tenant_id = $1 AND commitment_id = $2', [
    tenantId,
    commitmentId,
  ]);
  return parts.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
}

/** Unpaid months of a commitment that was split go to its parts, by their units. @param parts in the order of who bears the rounding last */
export async function splitUnpaidCharges(
  tx: Tx,
  from: { tenantId: string; id: string },
  parts: readonly { tenantId: string; id: string; units: number }[],
): Promise<Map<string, Charge[]>> {
  const unpaid = await tx.query<{ month: number; due_on: number; amount_micro: string }>(
    `DELETE FROM commitment_charges WHERE tenant_id = $1 AND commitment_id = $2 AND paid_at IS NULL
     RETURNING month, ${dayNumber('due_on')} AS due_on, amount_micro`,
    [from.tenantId, from.id],
  );
  const totalUnits = BigInt(parts.reduce((sum, { units }) => sum + units, 0));
  const charges = new Map<string, Charge[]>(parts.map(({ id }) => [id, []]));
  for (const { month, due_on: dueOn, amount_micro } of unpaid) {
    let leftMicro = BigInt(amount_micro);
    for (const [at, { id, units }] of parts.entries()) {
      const amountMicro = at === parts.length - 1 ? leftMicro : (BigInt(amount_micro) * BigInt(units)) / totalUnits;
      leftMicro -= amountMicro;
      if (amountMicro > 0n) charges.get(id)?.push({ month, dueOn, amountMicro });
    }
  }
  return charges;
}

function withoutFirst(parts: readonly ReservedPart[], amountMicro: bigint): ReservedPart[] {
  let leftMicro = amountMicro;
  return parts.flatMap((part) => {
    const kept = part.amountMicro > leftMicro ? part.amountMicro - leftMicro : 0n;
    leftMicro -= part.amountMicro - kept;
    return kept > 0n ? [{ ...part, amountMicro: kept }] : [];
  });
}
