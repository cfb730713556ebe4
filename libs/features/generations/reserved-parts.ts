import type { ReservedPart } from '#core/ledger/accounts';

/** How a generation's row keeps its parts: `[grant, account, micro-credits]`, amounts as strings since JSON numbers are floats. */
export type StoredParts = [grantId: string, accountId: string, amountMicro: string][];

export function storedParts(parts: readonly ReservedPart[]): StoredParts {
  return parts.map(({ grantId, accountId, amountMicro }) => [grantId, accountId, amountMicro.toString()]);
}

export function reservedParts(stored: StoredParts): ReservedPart[] {
  return stored.map(([grantId, accountId, amountMicro]) => ({ grantId, accountId, amountMicro: BigInt(amountMicro) }));
}
