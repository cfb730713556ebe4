import type { ServiceTier } from '#core/catalog/service-tiers';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/**
 * Columns of `generations` (as g) that the planner needs. Regions and what may be trained on are its project's, regions else its
 * tenant's: they hold for what waits already, by whatever way it came. What only some set is only asked for while somebody sets it.
 */
export const WAITING_COLUMNS = `g.tenant_id, g.id, g.service_tier, g.model, g.output_key, g.burn_lane_ms, g.gang_lanes, g.priority, g.start_by, g.complete_by,
  g.created_at, g.traceparent, g.fence,
  CASE WHEN g.project_id IS NOT NULL THEN (SELECT p.allowed_regions FROM projects p WHERE p.tenant_id = g.tenant_id AND p.id = g.project_id)
       WHEN EXISTS (SELECT 1 FROM tenant_settings WHERE allowed_regions IS NOT NULL)
    THEN (SELECT s.allowed_regions FROM tenant_settings s WHERE s.tenant_id = g.tenant_id) END AS allowed_regions,
  CASE WHEN g.project_id IS NOT NULL AND EXISTS (SELECT 1 FROM pools WHERE trains_on_inputs)
    THEN (SELECT NOT p.no_training FROM projects p WHERE p.tenant_id = g.tenant_id AND p.id = g.project_id) ELSE false END AS may_train`;

export interface WaitingRow {
  tenant_id: string;
  id: string;
  service_tier: ServiceTier;
  model: string;
  output_key: string;
  burn_lane_ms: number;
  gang_lanes: number;
  priority: number;
  start_by: Date | null;
  complete_by: Date | null;
  created_at: Date;
  traceparent: string | null;
  fence: string;
  /** Null: any. */
  allowed_regions: string[] | null;
  may_train: boolean;
}

/** @param requeuedAt when it came back to the queue after a lost lease, if that is known */
export function waitingOf(row: WaitingRow, requeuedAt?: number): WaitingGeneration {
  return {
    tenantId: row.tenant_id,
    generationId: row.id,
    tier: row.service_tier,
    model: row.model,
    outputKey: row.output_key,
    burnLaneMs: row.burn_lane_ms,
    gangLanes: row.gang_lanes,
    priority: row.priority,
    startBy: row.start_by?.getTime() ?? null,
    completeBy: row.complete_by?.getTime() ?? null,
    createdAt: row.created_at.getTime(),
    queuedAt: requeuedAt ?? row.created_at.getTime(),
    traceparent: row.traceparent,
    placement: { ...(row.allowed_regions && { regions: row.allowed_regions }), ...(row.may_train && { mayTrain: true }) },
  };
}
