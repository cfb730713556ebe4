import { Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';

export interface RecallRow {
  recalledAt: Date;
  ownerId: string;
  ownerName: string;
  tenantId: string;
  tenantName: string;
  generationId: string;
  nodeId: string;
  lanes: number;
  lostLaneMs: number;
}

/** Who took lanes back from whom. */
@Injectable()
export class RecallsService {
  constructor(private readonly db: HotPool) {}

  /** Newest first. */
  async list(poolClass: string, before: Date, limit: number): Promise<RecallRow[]> {
    return this.db.query<RecallRow>(
      `SELECT recalled_at AS "recalledAt", owner_id AS "ownerId", owner_name AS "ownerName", tenant_id AS "tenantId", tenant_name AS "tenantName",
              generation_id AS "generationId", node_id AS "nodeId", lanes, lost_lane_ms::float8 AS "lostLaneMs"
         FROM recalls_before($1, $2, $3)`,
      [poolClass, before, limit],
    );
  }
}
