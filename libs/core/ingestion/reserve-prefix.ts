import { inBurnOrder, type Purpose, type ReservedPart, type TenantAccounts, type Transfer } from '#core/ledger/accounts';

/** One row's price and what it is spent on. */
export interface PricedRow {
  priceMicro: bigint;
  purpose: Purpose;
}

/** What rows may cost together besides what the grants hold: a budget of their batch, their project or their key. */
export interface PrefixLimit {
  name: 'batch_budget' | 'project_budget' | 'key_cap';
  /** May be negative: a budget can be lowered below what is used. */
  leftMicro: bigint;
}

export interface ReservedPrefix {
  /** What each affordable row holds of which grant: as many as rows are affordable, from the first on. */
  parts: readonly (readonly ReservedPart[])[];
  /** One transfer a grant, for all rows together. */
  transfers: readonly Transfer[];
  /** The accounts after them. */
  accounts: TenantAccounts;
  totalMicro: bigint;
  /** What the first row that is not affordable lacks; zero when all are. */
  missingMicro: bigint;
  /** What ended the prefix: the grants that apply, or a limit; null when all rows are in it. */
  endedBy: 'credits' | PrefixLimit['name'] | null;
}

/**
 * Reserves for rows in their order until one is not covered: the longest affordable prefix, so that where it ends is one number.
 * Row by row it takes from the same grants as `reserve` would; the transfers are folded. A row without a price passes every limit.
 */
export function reservePrefix(
  accounts: TenantAccounts,
  rows: readonly PricedRow[],
  now: Date,
  limits: readonly PrefixLimit[] = [],
): ReservedPrefix {
  const left = new Map(accounts.available.map(({ id, balanceMicro }) => [id, balanceMicro]));
  const taken = new Map<string, bigint>();
  const grantsByPurpose = new Map<string, TenantAccounts['available']>();
  const parts: (readonly ReservedPart[])[] = [];
  const tightest = limits.toSorted((one, other) => (one.leftMicro < other.leftMicro ? -1 : 1))[0];
  let lastPart: readonly ReservedPart[] = [];
  let totalMicro = 0n;
  let missingMicro = 0n;
  let endedBy: ReservedPrefix['endedBy'] = null;

  for (const { priceMicro, purpose } of rows) {
    if (tightest && priceMicro > 0n && totalMicro + priceMicro > tightest.leftMicro) {
      missingMicro = totalMicro + priceMicro - tightest.leftMicro;
      endedBy = tightest.name;
      break;
    }
    const purposeKey = `${purpose.projectId} ${purpose.modelFamily}`;
    let grants = grantsByPurpose.get(purposeKey);
    if (!grants) {
      grants = inBurnOrder(accounts.available, now, purpose);
      grantsByPurpose.set(purposeKey, grants);
    }
    const ofRow = burnFrom(grants, left, priceMicro);
    if (typeof ofRow === 'bigint') {
      missingMicro = ofRow;
      endedBy = 'credits';
      break;
    }
    for (const { accountId, amountMicro } of ofRow) {
      left.set(accountId, (left.get(accountId) as bigint) - amountMicro);
      taken.set(accountId, (taken.get(accountId) ?? 0n) + amountMicro);
    }
    // Most rows hold the same as the one before: one object for all of them.
    if (!isSame(ofRow, lastPart)) lastPart = ofRow;
    parts.push(lastPart);
    totalMicro += priceMicro;
  }
  return {
    parts,
    transfers: [...taken].map(([accountId, amountMicro], leg) => ({
      debitAccountId: accountId,
      creditAccountId: accounts.reserved.id,
      amountMicro,
      code: 'reserve',
      leg,
    })),
    accounts: {
      ...accounts,
      available: accounts.available.map((account) => ({ ...account, balanceMicro: left.get(account.id) as bigint })),
      reserved: { ...accounts.reserved, balanceMicro: accounts.reserved.balanceMicro + totalMicro },
    },
    totalMicro,
    missingMicro,
    endedBy,
  };
}

/** What comes from which grant, or what is missing. */
function burnFrom(grants: TenantAccounts['available'], left: ReadonlyMap<string, bigint>, priceMicro: bigint): ReservedPart[] | bigint {
  let neededMicro = priceMicro;
  const parts: ReservedPart[] = [];
  for (const { id, grantId } of grants) {
    if (neededMicro === 0n) break;
    const balanceMicro = left.get(id) as bigint;
    if (balanceMicro === 0n) continue;
    const amountMicro = balanceMicro < neededMicro ? balanceMicro : neededMicro;
    parts.push({ grantId, accountId: id, amountMicro });
    neededMicro -= amountMicro;
  }
  return neededMicro === 0n ? parts : neededMicro;
}

function isSame(one: readonly ReservedPart[], other: readonly ReservedPart[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ accountId, amountMicro }, at) => other[at]?.accountId === accountId && other[at]?.amountMicro === amountMicro)
  );
}
