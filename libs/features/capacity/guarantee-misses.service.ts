import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_MISSES_KEPT } from '#core/capacity/guarantee-kept';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

export interface MissRow {
  generationId: string;
  queuedAt: Date;
  /** When it would have started on a private partition. */
  dueAt: Date;
  startedAt: Date;
}

/** The starts that a guarantee was not kept for, month by month. */
@Injectable()
export class GuaranteeMissesService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  /** Oldest first. @param month `2026-11` */
  async list(caller: Caller, tenant: string | undefined, poolClass: string, month: string): Promise<MissRow[] | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('guarantee misses', [reached.tenantId], (tx) =>
      tx.query<MissRow>(
        `SELECT generation_id AS "generationId", queued_at AS "queuedAt", due_at AS "dueAt", started_at AS "startedAt" FROM guarantee_misses
          WHERE tenant_id = $1 AND pool_class = $2 AND month = $3::date ORDER BY queued_at LIMIT ${MAX_MISSES_KEPT}`,
        [reached.tenantId, poolClass, `${month}-01`],
      ),
    );
  }
}
