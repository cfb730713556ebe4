import { Injectable } from '@nestjs/common';
import { v7 as newId } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { WhatIfChange, WhatIfFigures } from '#core/simulation/what-if';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { MAX_ANSWERS_LISTED, MAX_OPEN_QUESTIONS } from '#features/simulations/limits';
import { HotPool } from '#platform/database/hot-pool';

/** Both columns of the table, and what they were made from. */
export interface WhatIfAnswer {
  before: WhatIfFigures;
  after: WhatIfFigures;
  jobs: number;
  /** What was asked for in this time is replayed; shorter than a day when that was too much. */
  from: string;
  to: string;
}

export interface SimulationRow {
  id: string;
  poolClass: string;
  changes: WhatIfChange[];
  askedAt: Date;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** 0…1 */
  progress: number;
  result: WhatIfAnswer | null;
  failure: string | null;
}

const COLUMNS = 'id, pool_class AS "poolClass", changes, asked_at AS "askedAt", state, progress, result, failure';
const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };

/** Takes operators' what-if questions; the background worker answers them. */
@Injectable()
export class WhatIfService {
  constructor(private readonly db: HotPool) {}

  /** @param caller is of the platform's staff; who asked what is in the audit log of their own tenant */
  async ask(caller: Caller, poolClass: string, changes: readonly WhatIfChange[]): Promise<SimulationRow | NamedRefusal> {
    const { tenantId } = caller;
    return this.db.transaction('ask what-if', [tenantId], async (tx): Promise<SimulationRow | NamedRefusal> => {
      const known = await tx.query('SELECT 1 FROM order_books WHERE pool_class = $1', [poolClass]);
      if (known.length === 0) return NOT_FOUND;
      const [row] = await tx.query<SimulationRow>(
        `INSERT INTO simulations (id, pool_class, changes)
         SELECT $1, $2, $3 WHERE (SELECT count(*) FROM simulations WHERE state IN ('waiting', 'running')) < ${MAX_OPEN_QUESTIONS} RETURNING ${COLUMNS}`,
        [newId(), poolClass, JSON.stringify(changes)],
      );
      if (!row) return { refused: 'limit_reached', detail: `${MAX_OPEN_QUESTIONS} simulations wait already: ask again when one is done` };
      const data = { poolClass, changes };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'simulation.asked', targetId: row.id, data }]);
      return row;
    });
  }

  async find(id: string): Promise<SimulationRow | NamedRefusal> {
    const [row] = await this.db.query<SimulationRow>(`SELECT ${COLUMNS} FROM simulations WHERE id = $1`, [id]);
    return row ?? NOT_FOUND;
  }

  /** Newest first. */
  async list(): Promise<SimulationRow[]> {
    return this.db.query<SimulationRow>(`SELECT ${COLUMNS} FROM simulations ORDER BY asked_at DESC, id DESC LIMIT ${MAX_ANSWERS_LISTED}`);
  }
}
