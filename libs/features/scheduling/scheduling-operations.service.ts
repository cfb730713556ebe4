import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** A tenant everywhere, or everybody's work of a pool class. */
export type PauseTarget = { tenantId: string } | { poolClass: string };

export interface PauseRow {
  tenantId: string | null;
  poolClass: string | null;
  reason: string;
  pausedAt: Date;
  /** Null: until it is lifted. */
  endsAt: Date | null;
}

export interface StuckGeneration {
  tenantId: string;
  generationId: string;
  poolClass: string;
  serviceTier: string;
  state: string;
  since: Date;
  reason: string;
  nodeId: string | null;
}

/** Rows of each kind: leases that do not go on, and generations that wait. */
const MAX_STUCK = 200;
const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };

/** What the platform's operators do to the queue. Each act names one tenant to row-level security, and is in its audit log. */
@Injectable()
export class SchedulingOperations {
  constructor(private readonly db: HotPool) {}

  /** Nothing new of it starts; what runs goes on, and its idle units are lent. */
  async pause(caller: Caller, target: PauseTarget, reason: string, endsAt: Date | null): Promise<'done' | NamedRefusal> {
    return this.onTarget(caller, target, 'paused', { reason, ...(endsAt && { endsAt: endsAt.toISOString() }) }, async (tx) => {
      if ('tenantId' in target) {
        const known = await tx.query('SELECT 1 FROM tenants WHERE id = $1', [target.tenantId]);
        if (known.length === 0) return NOT_FOUND;
        await tx.query('INSERT INTO tenant_pauses (tenant_id, reason, ends_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
          target.tenantId,
          reason,
          endsAt,
        ]);
      } else
        await tx.query('INSERT INTO pool_pauses (pool_class, reason, ends_at, paused_in) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
          target.poolClass,
          reason,
          endsAt,
          caller.tenantId,
        ]);
      return 'done';
    });
  }

  async resume(caller: Caller, target: PauseTarget): Promise<'done' | NamedRefusal> {
    return this.onTarget(caller, target, 'resumed', {}, async (tx) => {
      const lifted =
        'tenantId' in target
          ? await tx.query('DELETE FROM tenant_pauses WHERE tenant_id = $1 RETURNING 1', [target.tenantId])
          : await tx.query('DELETE FROM pool_pauses WHERE pool_class = $1 RETURNING 1', [target.poolClass]);
      return lifted.length > 0 ? 'done' : NOT_FOUND;
    });
  }

  /** Oldest first. */
  async pauses(): Promise<PauseRow[]> {
    return this.db.query<PauseRow>(
      `SELECT tenant_id AS "tenantId", NULL AS "poolClass", reason, paused_at AS "pausedAt", ends_at AS "endsAt" FROM paused_tenants()
       UNION ALL SELECT NULL, pool_class, reason, paused_at, ends_at FROM pool_pauses ORDER BY 4`,
    );
  }

  /** Another place among its tenant's own work. */
  async setPriority(caller: Caller, tenantId: string, generationId: string, priority: number): Promise<'done' | NamedRefusal> {
    return this.change(caller, tenantId, generationId, 'generation.reprioritized', { priority }, (tx) =>
      tx.query(
        `UPDATE generations SET priority = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'queued'
         RETURNING pool_class AS "from", pool_class AS "to"`,
        [tenantId, generationId, priority],
      ),
    );
  }

  /** To the lanes of another pool class, if it has not started. */
  async move(caller: Caller, tenantId: string, generationId: string, poolClass: string): Promise<'done' | NamedRefusal> {
    return this.change(caller, tenantId, generationId, 'generation.moved', { poolClass }, (tx) =>
      tx.query(
        `UPDATE generations g SET pool_class = $3
           FROM (SELECT pool_class FROM generations WHERE tenant_id = $1 AND id = $2 AND state = 'queued' FOR UPDATE) AS before
          WHERE g.tenant_id = $1 AND g.id = $2 AND EXISTS (SELECT 1 FROM order_books WHERE order_books.pool_class = $3)
         RETURNING before.pool_class AS "from", g.pool_class AS "to"`,
        [tenantId, generationId, poolClass],
      ),
    );
  }

  /** Leases that do not go on, and generations that have waited long, with why; oldest first. */
  async stuck(waitingSince: Date): Promise<StuckGeneration[]> {
    return this.db.query<StuckGeneration>(
      `SELECT tenant_id AS "tenantId", generation_id AS "generationId", pool_class AS "poolClass", service_tier AS "serviceTier", state, since,
              reason, node_id AS "nodeId"
         FROM stuck_generations($1, ${MAX_STUCK}) ORDER BY since`,
      [waitingSince],
    );
  }

  private async onTarget(
    caller: Caller,
    target: PauseTarget,
    action: string,
    data: Record<string, unknown>,
    work: (tx: Tx) => Promise<'done' | NamedRefusal>,
  ): Promise<'done' | NamedRefusal> {
    const tenantId = 'tenantId' in target ? target.tenantId : caller.tenantId;
    return this.db.transaction(`${action} by an operator`, [caller.tenantId, tenantId], async (tx) => {
      const outcome = await work(tx);
      if (outcome !== 'done') return outcome;
      const kind = 'tenantId' in target ? 'tenant' : 'pool';
      const targetId = 'tenantId' in target ? target.tenantId : target.poolClass;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: `${kind}.${action}`, targetId, data }]);
      await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
      return 'done';
    });
  }

  private async change(
    caller: Caller,
    tenantId: string,
    generationId: string,
    action: string,
    data: Record<string, unknown>,
    update: (tx: Tx) => Promise<Record<string, unknown>[]>,
  ): Promise<'done' | NamedRefusal> {
    return this.db.transaction(action, [tenantId, caller.tenantId], async (tx) => {
      const [changed] = (await update(tx)) as { from: string; to: string }[];
      if (!changed) {
        const [found] = await tx.query<{ state: string }>('SELECT state FROM generations WHERE tenant_id = $1 AND id = $2', [
          tenantId,
          generationId,
        ]);
        if (!found) return NOT_FOUND;
        if (found.state === 'queued') return { refused: 'not_found', detail: 'There is no such pool class' };
        return { refused: 'not_possible', detail: `This generation is ${found.state}; only a queued one can be changed` };
      }
      await tx.query(
        `INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class)
         SELECT 'scheduler', 'queued', $1, $2, pool_class FROM unnest($3::text[]) AS pool_class`,
        [tenantId, generationId, [...new Set([changed.from, changed.to])]],
      );
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action, targetId: generationId, data }]);
      await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
      return 'done';
    });
  }
}
