import { hasExpired, type Movement, type ReservedPart, type TenantAccounts, type Transfer } from '#core/ledger/accounts';
import { afterMove } from '#core/ledger/reserve';

export interface NothingToRefund {
  refused: 'nothing_to_refund';
  refundableMicro: bigint;
}

/** A reversal of what a generation spent. `lostGrantsMicro` came from grants that have ended since: it needs a grant of its own. */
export type Refund = Movement & { lostGrantsMicro: bigint };

/**
 * Returns what was spent to the grants it came from, the last spent first.
 * @param refundedMicro what earlier refunds of the same generation returned
 * @param firstLeg number of the first transfer: earlier refunds used those below
 */
export function refund(
  accounts: TenantAccounts,
  spentParts: readonly ReservedPart[],
  { amountMicro, refundedMicro, firstLeg, now }: { amountMicro: bigint; refundedMicro: bigint; firstLeg: number; now: Date },
): Refund | NothingToRefund {
  const spentMicro = spentParts.reduce((sum, part) => sum + part.amountMicro, 0n);
  const refundableMicro = spentMicro - refundedMicro;
  if (amountMicro <= 0n || amountMicro > refundableMicro) return { refused: 'nothing_to_refund', refundableMicro };

  const open = new Set(accounts.available.filter((account) => !hasExpired(account, now)).map(({ id }) => id));
  const parts = slice([...spentParts].reverse(), refundedMicro, amountMicro);
  const returned = parts.filter(({ accountId }) => open.has(accountId));
  const transfers = returned.map(
    ({ accountId, amountMicro: partMicro }, at): Transfer => ({
      debitAccountId: accounts.spent.id,
      creditAccountId: accountId,
      amountMicro: partMicro,
      code: 'refund',
      leg: firstLeg + at,
    }),
  );
  const returnedMicro = returned.reduce((sum, part) => sum + part.amountMicro, 0n);
  const after = afterMove(accounts, returned, 1n);
  return { accounts: { ...after, reserved: accounts.reserved }, transfers, lostGrantsMicro: amountMicro - returnedMicro };
}

/** The parts that lie between `skipMicro` and `skipMicro + takeMicro` of a row of parts. */
function slice(parts: readonly ReservedPart[], skipMicro: bigint, takeMicro: bigint): ReservedPart[] {
  let skip = skipMicro;
  let take = takeMicro;
  const taken: ReservedPart[] = [];
  for (const part of parts) {
    const skipped = part.amountMicro < skip ? part.amountMicro : skip;
    const left = part.amountMicro - skipped;
    const amountMicro = left < take ? left : take;
    skip -= skipped;
    take -= amountMicro;
    if (amountMicro > 0n) taken.push({ ...part, amountMicro });
  }
  return taken;
}
