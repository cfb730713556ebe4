import type { Change } from '#core/scheduling/changes';
import { FIRST_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { WAITING_COLUMNS, type WaitingRow, waitingOf } from '#features/scheduling/waiting-rows';
import type { Tx } from '#platform/database/tx';

type Heads = Extract<Change, { type: 'heads' }>;

/** The first heads of every tenant that waits. Jumps from tenant to tenant in the index: the length of the queues does not matter. */
export async function readFirstHeads(tx: Tx, poolClass: string): Promise<Heads[]> {
  const rows = await tx.query<WaitingRow>(
    `WITH RECURSIVE tenants (tenant_id) AS (
       (SELECT tenant_id FROM generations WHERE state = 'queued' AND pool_class = $1 ORDER BY tenant_id LIMIT 1)
       UNION ALL
       SELECT (SELECT g.tenant_id FROM generations g
                WHERE g.state = 'queued' AND g.pool_class = $1 AND g.tenant_id > t.tenant_id ORDER BY g.tenant_id LIMIT 1)
         FROM tenants t WHERE t.tenant_id IS NOT NULL
     )
     SELECT g.* FROM tenants t CROSS JOIN LATERAL (${headsOf('t.tenant_id', '$2')}) AS g WHERE t.tenant_id IS NOT NULL`,
    [poolClass, FIRST_HEADS_PER_TENANT],
  );
  const byTenant = Map.groupBy(rows, ({ tenant_id }) => tenant_id);
  return [...byTenant].map(([tenantId, ofTenant]) => headsChange(tenantId, ofTenant, FIRST_HEADS_PER_TENANT));
}

/** More heads for tenants whose heads run low. Read from the top of the queue, so that none can be left behind. */
export async function readHeads(tx: Tx, poolClass: string, wanted: readonly { tenantId: string; headsWanted: number }[]): Promise<Heads[]> {
  const rows = await tx.query<WaitingRow>(
    `SELECT g.*
       FROM unnest($2::uuid[], $3::integer[]) AS t (tenant_id, heads_wanted)
      CROSS JOIN LATERAL (${headsOf('t.tenant_id', 't.heads_wanted')}) AS g`,
    [poolClass, wanted.map(({ tenantId }) => tenantId), wanted.map(({ headsWanted }) => headsWanted)],
  );
  const byTenant = Map.groupBy(rows, ({ tenant_id }) => tenant_id);
  return wanted.map(({ tenantId, headsWanted }) => headsChange(tenantId, byTenant.get(tenantId) ?? [], headsWanted));
}

function headsOf(tenant: string, limit: string): string {
  return `SELECT ${WAITING_COLUMNS} FROM generations g
           WHERE g.state = 'queued' AND g.pool_class = $1 AND g.tenant_id = ${tenant}
           ORDER BY g.priority DESC, g.created_at, g.id LIMIT ${limit}`;
}

function headsChange(tenantId: string, rows: readonly WaitingRow[], headsWanted: number): Heads {
  return { type: 'heads', tenantId, generations: rows.map((row) => waitingOf(row)), hasMore: rows.length >= headsWanted };
}
