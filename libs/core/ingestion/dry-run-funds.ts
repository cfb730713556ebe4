import type { PricedRow } from '#core/ingestion/reserve-prefix';
import { inBurnOrder, type TenantAccounts } from '#core/ledger/accounts';

/** What the rows of a dry run so far would have taken. */
export interface DryRunFunds {
  /** By account of a grant. */
  takenMicro: ReadonlyMap<string, bigint>;
  /** What no grant that applies to its row had left. */
  missingMicro: bigint;
}

export const NO_DRY_RUN_FUNDS: DryRunFunds = { takenMicro: new Map(), missingMicro: 0n };

/**
 * Burns grants for rows in their order as a real batch would, and goes on past what they do not cover: a row that is not covered takes what
 * there is, so that the sum is what has to be bought.
 */
export function burnDry({ available }: TenantAccounts, rows: readonly PricedRow[], now: Date, before: DryRunFunds): DryRunFunds {
  const takenMicro = new Map(before.takenMicro);
  const grantsByPurpose = new Map<string, TenantAccounts['available']>();
  let { missingMicro } = before;
  for (const { priceMicro, purpose } of rows) {
    const purposeKey = `${purpose.projectId} ${purpose.modelFamily}`;
    let grants = grantsByPurpose.get(purposeKey);
    if (!grants) {
      grants = inBurnOrder(available, now, purpose);
      grantsByPurpose.set(purposeKey, grants);
    }
    let neededMicro = priceMicro;
    for (const { id, balanceMicro } of grants) {
      if (neededMicro === 0n) break;
      const leftMicro = balanceMicro - (takenMicro.get(id) ?? 0n);
      if (leftMicro <= 0n) continue;
      const amountMicro = leftMicro < neededMicro ? leftMicro : neededMicro;
      takenMicro.set(id, (takenMicro.get(id) ?? 0n) + amountMicro);
      neededMicro -= amountMicro;
    }
    missingMicro += neededMicro;
  }
  return { takenMicro, missingMicro };
}
