import { isGuaranteedTier } from '#core/scheduling/service-tier';
import type { SubmitCommand } from '#features/generations/submit-group';
import type { Tx } from '#platform/database/tx';

/** Units that a command's tenant is guaranteed today in the pool class that it runs on. */
export type UnitsOf = (command: Pick<SubmitCommand, 'tenantId' | 'quote'>) => number;

/** Reads nothing for a group in which nobody claims units, as most are. */
export async function readGuaranteedUnits(tx: Tx, commands: readonly SubmitCommand[]): Promise<UnitsOf> {
  const claiming = commands.filter(({ wishes }) => isGuaranteedTier(wishes.serviceTier));
  if (claiming.length === 0) return () => 0;
  const rows = await tx.query<{ tenant_id: string; pool_class: string; units: number }>(
    'SELECT tenant_id, pool_class, units FROM guarantees WHERE tenant_id = ANY ($1::uuid[])',
    [[...new Set(claiming.map(({ tenantId }) => tenantId))]],
  );
  const units = new Map(rows.map((row) => [`${row.tenant_id} ${row.pool_class}`, row.units]));
  return ({ tenantId, quote }) => units.get(`${tenantId} ${quote.poolClass}`) ?? 0;
}
