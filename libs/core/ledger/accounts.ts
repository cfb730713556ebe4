/** What one grant still has to spend. */
export interface AvailableAccount {
  id: string;
  grantId: string;
  balanceMicro: bigint;
  /** Smaller burns first. */
  priority: number;
  expiresAt: Date | null;
  effectiveAt: Date;
  source: GrantSource;
  /** Null: for work of any project. */
  projectId: string | null;
  /** Null: for models of any family. */
  modelFamilies: readonly string[] | null;
}

/** Where a grant came from. Service credits and promotions were given, the others were paid for. */
export type GrantSource = 'plan_period' | 'top_up' | 'promotion' | 'service_credit';

/** What credits shall be spent on: decides which grants apply. */
export interface Purpose {
  projectId: string | null;
  modelFamily: string;
}

/** A tenant's accounts as they are while they are locked. Grants that are closed are not among them. */
export interface TenantAccounts {
  tenantId: string;
  available: readonly AvailableAccount[];
  reserved: { id: string; balanceMicro: bigint };
  /** Append-only: what was settled. Its balance is the fold of its transfers. */
  spent: { id: string };
}

/** What a reservation is taken from: the grants that are not empty, and where it goes. */
export type SpendableAccounts = Omit<TenantAccounts, 'spent'>;

/** What a generation holds of one grant. A generation lists its parts, so that a release returns each to where it came from. */
export interface ReservedPart {
  grantId: string;
  accountId: string;
  amountMicro: bigint;
}

export const TRANSFER_CODES = ['grant', 'reserve', 'settle', 'release', 'expire', 'fund', 'refund', 'adjust', 'commit'] as const;
export type TransferCode = (typeof TRANSFER_CODES)[number];

/** Credits move from the debit to the credit account. `leg` numbers the transfers of one step of one generation. */
export interface Transfer {
  debitAccountId: string;
  creditAccountId: string;
  amountMicro: bigint;
  code: TransferCode;
  leg: number;
}

/** A movement that was decided: the transfers to write and the accounts as they stand after it. */
export interface Movement<Accounts extends SpendableAccounts = TenantAccounts> {
  accounts: Accounts;
  transfers: readonly Transfer[];
}

/** Where a tenant's grants come from: an append-only account of the platform. */
export const FUNDING_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0001';
/** Where credits go that expired. */
export const BREAKAGE_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0002';
/** Between an agency and its brands: what one sends the other receives in the same transaction, so it always folds to zero. */
export const CLEARING_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0003';
/** What corrections take from a tenant or give to it. */
export const ADJUSTMENTS_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0004';
/** Where credits come from that make good for a broken promise. */
export const SERVICE_CREDITS_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0005';
/** Where credits come from for units that were lent. */
export const LENDING_ACCOUNT_ID = '00000000-0000-4000-8000-0000000f0006';

/** The platform's accounts, by the name a statement shows. They carry no balance row. */
export const PLATFORM_ACCOUNTS = {
  funding: FUNDING_ACCOUNT_ID,
  breakage: BREAKAGE_ACCOUNT_ID,
  clearing: CLEARING_ACCOUNT_ID,
  adjustments: ADJUSTMENTS_ACCOUNT_ID,
  service_credits: SERVICE_CREDITS_ACCOUNT_ID,
  lending: LENDING_ACCOUNT_ID,
} as const;
export type PlatformAccount = keyof typeof PLATFORM_ACCOUNTS;

/** What may be spent now: on this purpose, or on anything at all. */
export function availableCredits({ available }: SpendableAccounts, now: Date, purpose?: Purpose): bigint {
  return available.filter((account) => isUsable(account, now, purpose)).reduce((sum, { balanceMicro }) => sum + balanceMicro, 0n);
}

/** Grants burn by priority, then earliest expiry, then those that were given before those that were paid, then age. */
export function inBurnOrder(available: readonly AvailableAccount[], now: Date, purpose?: Purpose): AvailableAccount[] {
  return available
    .filter((account) => account.balanceMicro > 0n && isUsable(account, now, purpose))
    .sort(
      (a, b) =>
        a.priority - b.priority ||
        expiryOf(a) - expiryOf(b) ||
        Number(isPaid(a.source)) - Number(isPaid(b.source)) ||
        a.effectiveAt.getTime() - b.effectiveAt.getTime() ||
        (a.id < b.id ? -1 : 1),
    );
}

export function hasExpired({ expiresAt }: Pick<AvailableAccount, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** A grant without an expiry burns after every grant with one. */
function expiryOf({ expiresAt }: AvailableAccount): number {
  return expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function isPaid(source: GrantSource): boolean {
  return source === 'plan_period' || source === 'top_up';
}

function isUsable(account: AvailableAccount, now: Date, purpose: Purpose | undefined): boolean {
  return account.effectiveAt <= now && !hasExpired(account, now) && (!purpose || appliesTo(account, purpose));
}

function appliesTo({ projectId, modelFamilies }: AvailableAccount, purpose: Purpose): boolean {
  return (projectId === null || projectId === purpose.projectId) && (modelFamilies?.includes(purpose.modelFamily) ?? true);
}
