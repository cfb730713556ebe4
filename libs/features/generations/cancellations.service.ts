import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { ListCancellationRowsQuery } from '#contracts/native/cancellations';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { CancellationOutcome } from '#core/generations/limits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { MAX_OPEN_CANCELLATIONS } from '#features/generations/cancellation-limits';
import { type Count, countMatching, type Matching } from '#features/generations/list-page';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** Those that somebody chose, or all that match and have not ended. */
export type WhatToCancel = { ids: readonly string[] } | { matching: Matching };

export interface Cancellation {
  id: string;
  expectedCount: number;
  isExact: boolean;
  cancelledCount: number;
  endedBeforeCount: number;
  createdAt: Date;
  finishedAt: Date | null;
}

const TOO_MANY: NamedRefusal = {
  refused: 'limit_reached',
  detail: `At most ${MAX_OPEN_CANCELLATIONS} cancellations of a tenant go on at once: wait for one to end`,
};

export interface CancellationRow {
  place: number;
  generationId: string;
  outcome: CancellationOutcome;
}

/** Cancelling many generations, as the customer asks for it. A job of the background worker does it. */
@Injectable()
export class CancellationsService {
  constructor(private readonly db: HotPool) {}

  /** How many would be cancelled now. */
  async preview({ tenantId }: Caller, matching: Matching): Promise<Count> {
    return this.db.transaction('preview cancellation', [tenantId], (tx) =>
      countMatching(tx, tenantId, { ...matching, isUnfinished: true }),
    );
  }

  async start(caller: Caller, what: WhatToCancel): Promise<Cancellation | NamedRefusal> {
    const { tenantId } = caller;
    const id = uuidv7();
    return this.db.transaction('start cancellation', [tenantId], async (tx) => {
      const [open] = await tx.query<{ count: number }>(COUNT_OPEN, [tenantId]);
      if ((open?.count ?? 0) >= MAX_OPEN_CANCELLATIONS) return TOO_MANY;
      const ids = 'ids' in what ? [...new Set(what.ids)] : null;
      const matching = 'ids' in what ? null : { ...what.matching, isUnfinished: true };
      const { value, exact } = matching ? await countMatching(tx, tenantId, matching) : { value: ids?.length ?? 0, exact: true };
      await tx.query(
        'INSERT INTO cancellations (tenant_id, id, filter, generation_ids, expected_count, is_exact) VALUES ($1, $2, $3, $4, $5, $6)',
        [tenantId, id, matching && JSON.stringify(matching), ids, value, exact],
      );
      const data = { expected: value, ...(matching ? { filter: matching } : {}) };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'generations.cancelled', targetId: id, data }]);
      return read(tx, tenantId, id) as Promise<Cancellation>;
    });
  }

  async get({ tenantId }: Caller, id: string): Promise<Cancellation | null> {
    return this.db.transaction('get cancellation', [tenantId], (tx) => read(tx, tenantId, id));
  }

  /** What became of each, in the order in which they were cancelled; null when there is no such cancellation. */
  async rows({ tenantId }: Caller, id: string, { limit, after, outcome }: ListCancellationRowsQuery): Promise<CancellationRow[] | null> {
    return this.db.transaction('list cancellation rows', [tenantId], async (tx) => {
      if (!(await read(tx, tenantId, id))) return null;
      return tx.query<CancellationRow>(
        `SELECT place, generation_id AS "generationId", outcome FROM cancellation_rows
          WHERE tenant_id = $1 AND cancellation_id = $2 AND place > $3 AND ($4::text IS NULL OR outcome = $4) ORDER BY place LIMIT $5`,
        [tenantId, id, after, outcome ?? null, limit],
      );
    });
  }
}

async function read(tx: Tx, tenantId: string, id: string): Promise<Cancellation | null> {
  const [row] = await tx.query<Cancellation>(
    `SELECT id, expected_count AS "expectedCount", is_exact AS "isExact", cancelled_count AS "cancelledCount",
            ended_before_count AS "endedBeforeCount", created_at AS "createdAt", finished_at AS "finishedAt"
       FROM cancellations WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row ?? null;
}

const COUNT_OPEN = 'SELECT count(*)::int AS count FROM cancellations WHERE tenant_id = $1 AND finished_at IS NULL';
