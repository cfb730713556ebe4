import { Injectable } from '@nestjs/common';
import { MAX_POOLS_LISTED } from '#contracts/admin/pools';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface PoolView {
  poolId: string;
  siteId: string;
  poolClass: string;
  nodes: number;
  trainsOnInputs: boolean;
}

/** Pools and the terms that operators state of them. */
@Injectable()
export class PoolsService {
  constructor(private readonly db: HotPool) {}

  async list(): Promise<PoolView[]> {
    return this.db.transaction('pools', [], (tx) => readPools(tx, null));
  }

  /** Admission follows at once, keys and people within the five seconds for which they are remembered. */
  async setTerms(caller: Caller, poolId: string, terms: { trainsOnInputs: boolean; reason: string }): Promise<PoolView | NamedRefusal> {
    return this.db.transaction('pool terms', [caller.tenantId], async (tx): Promise<PoolView | NamedRefusal> => {
      await tx.query('UPDATE pools SET trains_on_inputs = $2 WHERE id = $1', [poolId, terms.trainsOnInputs]);
      const [pool] = await readPools(tx, poolId);
      if (!pool) return { refused: 'not_found', detail: 'Not found' };
      await recordAudit(tx, [
        { tenantId: caller.tenantId, actor: actorOf(caller), action: 'pool.terms_set', targetId: poolId, data: { ...terms } },
      ]);
      await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
      return pool;
    });
  }
}

async function readPools(tx: Tx, poolId: string | null): Promise<PoolView[]> {
  return tx.query<PoolView>(
    `SELECT p.id AS "poolId", p.site_id AS "siteId", p.pool_class AS "poolClass", p.trains_on_inputs AS "trainsOnInputs",
            (SELECT count(*)::int FROM nodes n WHERE n.pool_id = p.id) AS nodes
       FROM pools p WHERE $1::text IS NULL OR p.id = $1 ORDER BY p.pool_class, p.id LIMIT ${MAX_POOLS_LISTED}`,
    [poolId],
  );
}
