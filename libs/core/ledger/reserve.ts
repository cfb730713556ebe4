import { availableCredits, inBurnOrder, type Movement, type ReservedPart, type TenantAccounts, type Transfer } from '#core/ledger/accounts';

export interface InsufficientCredits {
  refused: 'insufficient_credits';
  missingMicro: bigint;
}

export type Reservation = Movement & { parts: readonly ReservedPart[] };

/** Moves the quoted price from what a tenant may spend to what it has reserved, grant by grant in burn order. */
export function reserve(accounts: TenantAccounts, priceMicro: bigint, now: Date): Reservation | InsufficientCredits {
  const availableMicro = availableCredits(accounts, now);
  if (availableMicro < priceMicro) return { refused: 'insufficient_credits', missingMicro: priceMicro - availableMicro };

  let leftMicro = priceMicro;
  const parts: ReservedPart[] = [];
  for (const account of inBurnOrder(accounts.available, now)) {
    if (leftMicro === 0n) break;
    const amountMicro = account.balanceMicro < leftMicro ? account.balanceMicro : leftMicro;
    parts.push({ grantId: account.grantId, accountId: account.id, amountMicro });
    leftMicro -= amountMicro;
  }
  const transfers = parts.map(
    ({ accountId, amountMicro }, leg): Transfer => ({
      debitAccountId: accountId,
      creditAccountId: accounts.reserved.id,
      amountMicro,
      code: 'reserve',
      leg,
    }),
  );
  return { accounts: afterMove(accounts, parts, -1n), parts, transfers };
}

/** The accounts after parts moved between grants and reserved. @param sign −1 from the grants to reserved, 1 back */
export function afterMove(accounts: TenantAccounts, parts: readonly ReservedPart[], sign: 1n | -1n): TenantAccounts {
  const moved = new Map(parts.map(({ accountId, amountMicro }) => [accountId, amountMicro]));
  const total = parts.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  return {
    ...accounts,
    available: accounts.available.map((account) => {
      const amountMicro = moved.get(account.id);
      return amountMicro ? { ...account, balanceMicro: account.balanceMicro + sign * amountMicro } : account;
    }),
    reserved: { ...accounts.reserved, balanceMicro: accounts.reserved.balanceMicro - sign * total },
  };
}
