import { BREAKAGE_ACCOUNT_ID, hasExpired, type Movement, type TenantAccounts } from '#core/ledger/accounts';

/** What an expiry ended: the grant and what was left of it. */
export interface ExpiredGrant {
  grantId: string;
  remainingMicro: bigint;
}

/**
 * Takes what is left of expired grants to breakage. What generations hold of them stays reserved: an expiry steals nothing that was promised.
 */
export function expire(accounts: TenantAccounts, now: Date): Movement & { expired: readonly ExpiredGrant[] } {
  const ended = accounts.available.filter((account) => hasExpired(account, now));
  return {
    accounts: {
      ...accounts,
      available: accounts.available.map((account) => (ended.includes(account) ? { ...account, balanceMicro: 0n } : account)),
    },
    transfers: ended
      .filter(({ balanceMicro }) => balanceMicro > 0n)
      .map(({ id, balanceMicro }, leg) => ({
        debitAccountId: id,
        creditAccountId: BREAKAGE_ACCOUNT_ID,
        amountMicro: balanceMicro,
        code: 'expire' as const,
        leg,
      })),
    expired: ended.map(({ grantId, balanceMicro }) => ({ grantId, remainingMicro: balanceMicro })),
  };
}
