import {
  availableCredits,
  inBurnOrder,
  type Movement,
  type Purpose,
  type ReservedPart,
  type SpendableAccounts,
  type Transfer,
} from '#core/ledger/accounts';

export interface InsufficientCredits {
  refused: 'insufficient_credits';
  missingMicro: bigint;
}

export type Reservation<Accounts extends SpendableAccounts = SpendableAccounts> = Movement<Accounts> & { parts: readonly ReservedPart[] };

/** Moves the quoted price from what a tenant may spend on this purpose to what it has reserved, grant by grant in burn order. */
export function reserve<Accounts extends SpendableAccounts>(
  accounts: Accounts,
  priceMicro: bigint,
  now: Date,
  purpose?: Purpose,
): Reservation<Accounts> | InsufficientCredits {
  const taken = burn(accounts, priceMicro, now, purpose);
  if ('refused' in taken) return taken;
  const { parts } = taken;
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

/** Which part of an amount comes from which grant. */
export function burn(
  accounts: SpendableAccounts,
  amountMicro: bigint,
  now: Date,
  purpose?: Purpose,
): { parts: readonly ReservedPart[] } | InsufficientCredits {
  const availableMicro = availableCredits(accounts, now, purpose);
  if (availableMicro < amountMicro) return { refused: 'insufficient_credits', missingMicro: amountMicro - availableMicro };

  let leftMicro = amountMicro;
  const parts: ReservedPart[] = [];
  for (const account of inBurnOrder(accounts.available, now, purpose)) {
    if (leftMicro === 0n) break;
    const partMicro = account.balanceMicro < leftMicro ? account.balanceMicro : leftMicro;
    parts.push({ grantId: account.grantId, accountId: account.id, amountMicro: partMicro });
    leftMicro -= partMicro;
  }
  return { parts };
}

/** The accounts after parts moved between grants and reserved. @param sign −1 from the grants to reserved, 1 back */
export function afterMove<Accounts extends SpendableAccounts>(
  accounts: Accounts,
  parts: readonly ReservedPart[],
  sign: 1n | -1n,
): Accounts {
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
