import { Injectable } from '@nestjs/common';
import type { WaitQuestion, WaitTold } from '#contracts/queues/wait-questions';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { GenerationState } from '#core/generations/state';
import { WaitQuestions } from '#features/scheduling/wait-questions.service';
import { HotPool } from '#platform/database/hot-pool';

/** What a generation uses and waits for, and what its tenant has of its pool class. */
export interface GenerationMeters {
  state: GenerationState;
  serviceTier: ServiceTier;
  poolClass: string;
  /** Whose lane it runs or ran on last; null before its first start. */
  servedFrom: 'own' | 'lent' | 'shared' | null;
  estimatedBurnLaneMs: number;
  actualBurnLaneMs: number;
  units: number;
  unitsInUse: number;
  /** Null unless it waits and the leader has answered. */
  wait: WaitTold | null;
}

type MetersRow = Omit<GenerationMeters, 'wait'> & { isHeld: boolean };

/** Meters of one generation: read when asked, never written. */
@Injectable()
export class GenerationMetersService {
  constructor(
    private readonly db: HotPool,
    private readonly waits: WaitQuestions,
  ) {}

  /** @param wantsRules also how each rule of the planner meets it, with figures of the whole pool class: for operators */
  async of(tenantId: string, generationId: string, wantsRules = false): Promise<GenerationMeters | null> {
    const [row] = await this.db.transaction('generation meters', [tenantId], (tx) =>
      tx.query<MetersRow>(
        `SELECT g.state, g.service_tier AS "serviceTier", g.pool_class AS "poolClass", g.is_held AS "isHeld", g.burn_lane_ms AS "estimatedBurnLaneMs",
                (SELECT l.served_from FROM leases l WHERE l.tenant_id = g.tenant_id AND l.generation_id = g.id ORDER BY l.fence DESC LIMIT 1)
                  AS "servedFrom",
                (SELECT coalesce(sum(cardinality(l.lane_ids) * extract(epoch FROM coalesce(l.ended_at, now()) - l.began_at) * 1000), 0)::float8
                   FROM leases l WHERE l.tenant_id = g.tenant_id AND l.generation_id = g.id AND l.began_at IS NOT NULL) AS "actualBurnLaneMs",
                (SELECT coalesce(sum(u.units), 0)::int FROM guarantees u WHERE u.tenant_id = g.tenant_id AND u.pool_class = g.pool_class) AS units,
                (SELECT coalesce(sum(cardinality(l.lane_ids)), 0)::int FROM leases l
                  WHERE l.tenant_id = g.tenant_id AND l.pool_class = g.pool_class AND l.served_from = 'own' AND l.freed_at IS NULL) AS "unitsInUse"
           FROM generations g WHERE g.tenant_id = $1 AND g.id = $2 AND g.deleted_at IS NULL`,
        [tenantId, generationId],
      ),
    );
    if (!row) return null;
    const { isHeld, ...meters } = row;
    const asked = { tenantId, generationId, poolClass: row.poolClass, wantsRules };
    const wait = row.state === 'queued' ? await this.waitOf(asked, isHeld) : null;
    return { ...meters, actualBurnLaneMs: Math.round(row.actualBurnLaneMs), wait };
  }

  private async waitOf(asked: Omit<WaitQuestion, 'ask'>, isHeld: boolean): Promise<WaitTold | null> {
    if (isHeld) return { reason: 'batch_paused', position: null, isFirstOfItsTenant: false, startP50: null, startP90: null };
    return this.waits.ask(asked);
  }
}
