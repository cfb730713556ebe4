import type { PrefixLimit } from '#core/ingestion/reserve-prefix';
import type { SpendingCap } from '#core/ledger/spending-cap';
import type { ClaimedBatch } from '#features/ingestion/claim';
import { readSpending, type Spending, tellExceeded } from '#features/ledger/spending.service';
import type { Tx } from '#platform/database/tx';

/** What the rows of a batch may cost, as it stands when a chunk is decided: its own budget, its project's and its key's of this month. */
export interface BatchLimits {
  caps: readonly SpendingCap[];
  spending: Spending;
  /** Those that refuse. */
  limits: readonly PrefixLimit[];
}

/** Read with every chunk, since budgets change while a batch is loaded. True until the commit only under the lock of the accounts. */
export async function readLimits(tx: Tx, batch: ClaimedBatch): Promise<BatchLimits> {
  const { tenantId, apiKeyId, projectId } = batch;
  const rows = await tx.query<{ kind: SpendingCap['kind']; id: string; limit_micro: string; enforcement: SpendingCap['enforcement'] }>(
    READ_CAPS,
    [tenantId, projectId, apiKeyId],
  );
  const caps = rows.map(({ kind, id, limit_micro, enforcement }): SpendingCap => {
    return { kind, subjectId: id, limitMicro: BigInt(limit_micro), enforcement };
  });
  const spending = await readSpending(tx, [{ tenantId, apiKeyId, projectId, caps }], new Date());
  const ofMonth = caps
    .filter(({ enforcement }) => enforcement === 'refuse')
    .map(({ kind, subjectId, limitMicro }): PrefixLimit => {
      return { name: kind === 'project' ? 'project_budget' : 'key_cap', leftMicro: limitMicro - (spending.used.get(subjectId) ?? 0n) };
    });
  const own = batch.budgetMicro === null ? [] : [{ name: 'batch_budget', leftMicro: batch.budgetMicro - batch.priceMicro } as const];
  return { caps, spending, limits: [...own, ...ofMonth] };
}

/** Whether every capped subject has been counted this month: else its use is the sum of rows, and a chunk's own would be among them. */
export function areCounted({ caps, spending }: BatchLimits): boolean {
  return caps.every(({ subjectId }) => spending.counted.has(subjectId));
}

/** Tells of the budgets that these credits do not fit under, or that ended the prefix. */
export async function tellOfBudgets(tx: Tx, { caps, spending }: BatchLimits, tenantId: string, wantedMicro: bigint): Promise<void> {
  const exceeded = caps.filter(
    ({ subjectId, limitMicro }) => wantedMicro > 0n && (spending.used.get(subjectId) ?? 0n) + wantedMicro > limitMicro,
  );
  await tellExceeded(
    tx,
    spending,
    exceeded.map((cap) => ({ tenantId, cap })),
  );
}

const READ_CAPS = `
  SELECT 'project' AS kind, id, monthly_budget_micro AS limit_micro, budget_enforcement AS enforcement
    FROM projects WHERE tenant_id = $1 AND id = $2 AND monthly_budget_micro IS NOT NULL
  UNION ALL
  SELECT 'api_key', id, monthly_cap_micro, 'refuse' FROM api_keys WHERE tenant_id = $1 AND id = $3 AND monthly_cap_micro IS NOT NULL`;
