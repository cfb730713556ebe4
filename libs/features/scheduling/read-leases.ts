import type { LeasedGeneration } from '#core/scheduling/changes';
import type { Tx } from '#platform/database/tx';

export type EndReason = 'settled' | 'released' | 'cancelled' | 'taken_back' | 'handed_back';

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
    `SELECT l.tenant_id, l.generation_id, l.fence, l.node_id, l.lane_ids, l.run_started_at IS NOT NULL AS has_run, l.began_at IS NOT NULL AS is_begun,
            (extract(epoch FROM l.expires_at - now()) * 1000)::float8 AS expires_in_ms, l.end_reason,
            g.model, g.output_key, g.burn_lane_ms, g.gang_lanes
       FROM leases l
       JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id
      WHERE l.pool_class = $1 AND l.freed_at IS NULL
      ORDER BY l.admitted_at, l.generation_id`,
    [poolClass],
  );
  return rows.map((row) => ({
    lease: {
      tenantId: row.tenant_id,
      generationId: row.generation_id,
      fence: row.fence,
      nodeId: row.node_id,
      laneIds: row.lane_ids,
      model: row.model,
      outputKey: row.output_key,
      burnLaneMs: row.burn_lane_ms,
      gangLanes: row.gang_lanes,
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

interface LeaseRow {
  tenant_id: string;
  generation_id: string;
  fence: string;
  node_id: string;
  lane_ids: string[];
  has_run: boolean;
  is_begun: boolean;
  expires_in_ms: number;
  end_reason: EndReason | null;
  model: string;
  output_key: string;
  burn_lane_ms: number;
  gang_lanes: number;
}
