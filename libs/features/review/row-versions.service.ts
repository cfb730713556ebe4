import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { isFinal } from '#core/generations/state';
import { MAX_VERSIONS_PER_ROW } from '#core/review/limits';
import { recordEvents } from '#features/events/events.service';
import { authorOf, tenantsOfAuthor } from '#features/review/author';
import { newestOfRow } from '#features/review/review-rows';
import { HotPool } from '#platform/database/hot-pool';

/** What a row asked for, in the words of its surface. */
export interface Remake {
  version: number;
  surface: 'native' | 'dream_machine';
  request: Record<string, unknown>;
  prompt: string;
  seed: number;
  serviceTier: ServiceTier;
  labels: Record<string, string>;
}

/** Versions of rows. One is announced before its generation is submitted, and taken back when that is refused. */
@Injectable()
export class RowVersionsService {
  constructor(private readonly db: HotPool) {}

  /** Stacks a generation to come on its row. @returns what the row asked for */
  async stack(
    caller: Caller,
    of: { batchId: string; rowNumber: number; generationId: string; note: string | null },
  ): Promise<Remake | NamedRefusal> {
    const { tenantId } = caller;
    const { batchId, rowNumber, generationId, note } = of;
    return this.db.transaction('stack version', tenantsOfAuthor(caller), async (tx): Promise<Remake | NamedRefusal> => {
      const newest = await newestOfRow(tx, tenantId, batchId, rowNumber);
      if (!newest) return { refused: 'not_found', detail: 'Row not found' };
      if (!isFinal(newest.state)) return { refused: 'not_possible', detail: 'The newest version of this row is still being made' };
      if (newest.version >= MAX_VERSIONS_PER_ROW) {
        return { refused: 'limit_reached', detail: `A row has at most ${MAX_VERSIONS_PER_ROW} versions` };
      }
      const [asked] = await tx.query<Omit<Remake, 'version' | 'seed'> & { seed: string; isErased: boolean }>(
        `SELECT surface, request, prompt, seed, service_tier AS "serviceTier", labels, erased_at IS NOT NULL AS "isErased"
           FROM generations WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3`,
        [tenantId, batchId, rowNumber],
      );
      if (!asked || asked.isErased) return { refused: 'erased', detail: 'What this row asked for has been erased' };
      const by = await authorOf(tx, caller);
      const version = newest.version + 1;
      const stacked = await tx.query(
        `INSERT INTO row_versions (tenant_id, batch_id, row_number, version, generation_id, note, asked_by_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING 1`,
        [tenantId, batchId, rowNumber, version, generationId, note, by.name],
      );
      if (stacked.length === 0) return { refused: 'not_possible', detail: 'This row is being made anew already' };
      await tx.query(
        'UPDATE row_reviews SET is_current = false WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3 AND is_current',
        [tenantId, batchId, rowNumber],
      );
      const data = { batchId, row: rowNumber, generationId, version, by: by.name };
      await recordEvents(tx, [{ tenantId, type: 'review.regenerated', data }]);
      const { isErased: _, ...remake } = asked;
      return { ...remake, seed: Number(asked.seed), version };
    });
  }

  /** The generation was refused: the version before it counts again. */
  async unstack({ tenantId }: Pick<Caller, 'tenantId'>, generationId: string): Promise<void> {
    await this.db.transaction('unstack version', [tenantId], (tx) =>
      tx.query(
        `WITH gone AS (DELETE FROM row_versions WHERE tenant_id = $1 AND generation_id = $2 RETURNING batch_id, row_number, version)
         UPDATE row_reviews r SET is_current = true
           FROM gone LEFT JOIN row_versions w ON w.tenant_id = $1 AND w.batch_id = gone.batch_id AND w.row_number = gone.row_number AND w.version = gone.version - 1
           JOIN generations g ON g.tenant_id = $1 AND g.batch_id = gone.batch_id AND g.row_number = gone.row_number
          WHERE r.tenant_id = $1 AND r.generation_id = coalesce(w.generation_id, g.id)`,
        [tenantId, generationId],
      ),
    );
  }
}
