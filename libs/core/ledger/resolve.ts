import {
  BREAKAGE_ACCOUNT_ID,
  hasExpired,
  type Movement,
  type ReservedPart,
  type TenantAccounts,
  type Transfer,
} from '#core/ledger/accounts';
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

/**
 * Returns each part to the grant it came from; what came from a grant that has expired since is gone, as it would be had it not been reserved.
 * A generation that failed or was cancelled costs nothing.
 */
export function release(accounts: TenantAccounts, parts: readonly ReservedPart[], now: Date): Movement {
  const open = new Set(accounts.available.filter((account) => !hasExpired(account, now)).map(({ id }) => id));
  const transfers: Transfer[] = parts.map(({ accountId, amountMicro }, leg) => ({
    debitAccountId: accounts.reserved.id,
    creditAccountId: open.has(accountId) ? accountId : BREAKAGE_ACCOUNT_ID,
    amountMicro,
    code: 'release',
    leg,
  }));
  const returned = parts.filter(({ accountId }) => open.has(accountId));
  const lostMicro = parts.filter(({ accountId }) => !open.has(accountId)).reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  const after = afterMove(accounts, returned, 1n);
  return { accounts: { ...after, reserved: { ...after.reserved, balanceMicro: after.reserved.balanceMicro - lostMicro } }, transfers };
}
