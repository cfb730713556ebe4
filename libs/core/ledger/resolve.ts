import type { Movement, ReservedPart, TenantAccounts, Transfer } from '#core/ledger/accounts';
import { afterMove } from '#core/ledger/reserve';

/** Spends all that a finished generation had reserved. */
export function settle(accounts: TenantAccounts, parts: readonly ReservedPart[]): Movement {
  const total = parts.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  const transfers: Transfer[] = parts.map(({ amountMicro }, leg) => ({
    debitAccountId: accounts.reserved.id,
    creditAccountId: accounts.spent.id,
    amountMicro,
    code: 'settle',
    leg,
  }));
  return { accounts: { ...accounts, reserved: { ...accounts.reserved, balanceMicro: accounts.reserved.balanceMicro - total } }, transfers };
}

/** Returns each part to the grant it came from. A generation that failed or was cancelled costs nothing. */
export function release(accounts: TenantAccounts, parts: readonly ReservedPart[]): Movement {
  const transfers: Transfer[] = parts.map(({ accountId, amountMicro }, leg) => ({
    debitAccountId: accounts.reserved.id,
    creditAccountId: accountId,
    amountMicro,
    code: 'release',
    leg,
  }));
  return { accounts: afterMove(accounts, parts, 1n), transfers };
}
