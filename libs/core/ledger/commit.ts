import {
  hasExpired,
  type Movement,
  type ReservedPart,
  SERVICE_CREDITS_ACCOUNT_ID,
  type TenantAccounts,
  type Transfer,
} from '#core/ledger/accounts';
import { burn, type InsufficientCredits } from '#core/ledger/reserve';

/** Pays for capacity: at once, from what may be spent on anything. Grants for one project or some models buy work, not units. */
export function commit(
  accounts: TenantAccounts,
  amountMicro: bigint,
  now: Date,
): (Movement & { parts: readonly ReservedPart[] }) | InsufficientCredits {
  const forAnything = accounts.available.filter(({ projectId, modelFamilies }) => projectId === null && modelFamilies === null);
  const taken = burn({ ...accounts, available: forAnything }, amountMicro, now);
  if ('refused' in taken) return taken;
  const { parts } = taken;
  const transfers = parts.map(
    (part, leg): Transfer => ({
      debitAccountId: part.accountId,
      creditAccountId: accounts.spent.id,
      amountMicro: part.amountMicro,
      code: 'commit',
      leg,
    }),
  );
  return { accounts: withMoved(accounts, parts, -1n), parts, transfers };
}

/**
 * Gives back what was paid, to the grants it came from. @returns also what came from grants that are gone: it went to service credits, from
 * which a grant of its own has to be given.
 */
export function giveBack(accounts: TenantAccounts, parts: readonly ReservedPart[], now: Date): Movement & { homelessMicro: bigint } {
  const open = new Set(accounts.available.filter((account) => !hasExpired(account, now)).map(({ id }) => id));
  const transfers = parts.map(
    ({ accountId, amountMicro }, leg): Transfer => ({
      debitAccountId: accounts.spent.id,
      creditAccountId: open.has(accountId) ? accountId : SERVICE_CREDITS_ACCOUNT_ID,
      amountMicro,
      code: 'refund',
      leg,
    }),
  );
  const returned = parts.filter(({ accountId }) => open.has(accountId));
  const homelessMicro = parts.filter(({ accountId }) => !open.has(accountId)).reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  return { accounts: withMoved(accounts, returned, 1n), transfers, homelessMicro };
}

function withMoved(accounts: TenantAccounts, parts: readonly ReservedPart[], sign: 1n | -1n): TenantAccounts {
  const moved = new Map(parts.map(({ accountId, amountMicro }) => [accountId, amountMicro]));
  return {
    ...accounts,
    available: accounts.available.map((account) => ({
      ...account,
      balanceMicro: account.balanceMicro + sign * (moved.get(account.id) ?? 0n),
    })),
  };
}
