import type { LeasedGeneration } from '#core/scheduling/changes';
import type { ServedFrom } from '#core/scheduling/service-tier';
import { WAITING_COLUMNS, type WaitingRow, waitingOf } from '#features/scheduling/waiting-rows';
import type { Tx } from '#platform/database/tx';

export type EndReason = 'settled' | 'released' | 'cancelled' | 'taken_back' | 'handed_back' | 'recalled';

export interface OpenLease {
  lease: LeasedGeneration;
  hasRun: boolean;
  isBegun: boolean;
  expiresInMs: number;
  endReason: EndReason | null;
}

/** All leases whose lanes are not free: a new leader takes over nothing for free. */
export async function readOpenLeases(tx: Tx, poolClass: string): Promise<OpenLease[]> {
  const rows = await tx.query<LeaseRow>(
    `SELECT l.fence AS lease_fence, l.node_id, l.lane_ids, l.run_started_at IS NOT NULL AS has_run, l.began_at IS NOT NULL AS is_begun,
            (extract(epoch FROM l.expires_at - now()) * 1000)::float8 AS expires_in_ms, l.end_reason, l.served_from, l.admitted_at,
            ${WAITING_COLUMNS}
       FROM leases l
       JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id
      WHERE l.pool_class = $1 AND l.freed_at IS NULL
      ORDER BY l.admitted_at, l.generation_id`,
    [poolClass],
  );
  return rows.map((row) => ({
    lease: {
      ...waitingOf(row),
      fence: row.lease_fence,
      nodeId: row.node_id,
      laneIds: row.lane_ids,
      servedFrom: row.served_from,
      startedAt: row.admitted_at.getTime(),
      estimatedMs: null,
    },
    hasRun: row.has_run,
    isBegun: row.is_begun,
    expiresInMs: row.expires_in_ms,
    endReason: row.end_reason,
  }));
}

/** Leases that wait for their run, as `generationId/fence`. */
export async function readLeasesWithoutRun(tx: Tx, poolClass: string): Promise<Set<string>> {
  const rows = await tx.query<{ key: string }>(
    `SELECT generation_id || '/' || fence AS key FROM leases WHERE pool_class = $1 AND run_started_at IS NULL AND ended_at IS NULL`,
    [poolClass],
  );
  return new Set(rows.map(({ key }) => key));
}

interface LeaseRow extends WaitingRow {
  lease_fence: string;
  node_id: string;
  lane_ids: string[];
  served_from: ServedFrom;
  admitted_at: Date;
  has_run: boolean;
  is_begun: boolean;
  expires_in_ms: number;
  end_reason: EndReason | null;
}
