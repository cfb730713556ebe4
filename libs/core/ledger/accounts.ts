/** What one grant still has to spend. */
export interface AvailableAccount {
  id: string;
  grantId: string;
  balanceMicro: bigint;
  /** Smaller burns first. */
  priority: number;
  expiresAt: Date | null;
  effectiveAt: Date;
}

/** A tenant's accounts as they are while they are locked. */
export interface TenantAccounts {
  tenantId: string;
  available: readonly AvailableAccount[];
  reserved: { id: string; balanceMicro: bigint };
  /** Append-only: what was settled. Its balance is the fold of its transfers. */
  spent: { id: string };
}

/** What a generation holds of one grant. A generation lists its parts, so that a release returns each to where it came from. */
export interface ReservedPart {
  grantId: string;
  accountId: string;
  amountMicro: bigint;
}

export type TransferCode = 'grant' | 'reserve' | 'settle' | 'release';

/** Credits move from the debit to the credit account. `leg` numbers the transfers of one step of one generation. */
export interface Transfer {
  debitAccountId: string;
  creditAccountId: string;
  amountMicro: bigint;
  code: TransferCode;
  leg: number;
}

/** A movement that was decided: the transfers to write and the accounts as they stand after it. */
export interface Movement {
  accounts: TenantAccounts;
  transfers: readonly Transfer[];
}

/** Where a tenant's grants come from: an append-only account of the platform. */
export const FUNDING_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0001';

export function availableCredits({ available }: TenantAccounts, now: Date): bigint {
  return available.filter((account) => isUsable(account, now)).reduce((sum, { balanceMicro }) => sum + balanceMicro, 0n);
}

/** Grants burn by priority, then earliest expiry, then age. */
export function inBurnOrder(available: readonly AvailableAccount[], now: Date): AvailableAccount[] {
  return available
    .filter((account) => account.balanceMicro > 0n && isUsable(account, now))
    .sort(
      (a, b) =>
        a.priority - b.priority || expiryOf(a) - expiryOf(b) || a.effectiveAt.getTime() - b.effectiveAt.getTime() || (a.id < b.id ? -1 : 1),
    );
}

/** A grant without an expiry burns after every grant with one. */
function expiryOf({ expiresAt }: AvailableAccount): number {
  return expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function isUsable({ effectiveAt, expiresAt }: AvailableAccount, now: Date): boolean {
  return effectiveAt <= now && (!expiresAt || now < expiresAt);
}
