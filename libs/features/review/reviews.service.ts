import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { Matrix } from '#core/ingestion/matrix';
import { type Axis, axesOf } from '#core/review/axes';
import { MAX_ROWS_DECIDED_AT_ONCE } from '#core/review/limits';
import type { ReviewState } from '#core/review/review-state';
import { recordEvents } from '#features/events/events.service';
import { authorOf, tenantsOfAuthor } from '#features/review/author';
import { newestVersions, rowsOfBatch } from '#features/review/newest-version';
import { pageOfRows, type ReviewRow, type RowFilter, type VersionRow, versionsOfRow } from '#features/review/review-rows';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface ReviewTally {
  results: number;
  approved: number;
  rejected: number;
  openComments: number;
  axes: (Axis & { decided: { valueIndex: number; state: ReviewState; rows: number }[] })[];
  failures: { reason: string; rows: number; firstRows: number[] }[];
}

/** Which rows a call means: those it names, or all that are in a state now. */
export type WhichRows = { rows: readonly number[] } | { match: { review: ReviewState } };
export interface Changed {
  changed: number;
  hasMore: boolean;
}

const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Batch not found' };
/** Causes that are told; what is rarer is in the list of rows. */
const MAX_CAUSES = 20;
const FIRST_ROWS = 3;

/** Decisions on the results of a batch, and what they come to. */
@Injectable()
export class ReviewsService {
  constructor(private readonly db: HotPool) {}

  async summary({ tenantId }: Pick<Caller, 'tenantId'>, batchId: string): Promise<ReviewTally | NamedRefusal> {
    return this.db.transaction('review summary', [tenantId], async (tx) => {
      const [batch] = await tx.query<{ matrix: Matrix | null; results: number; open_comments: number }>(
        `SELECT options -> 'matrix' AS matrix, completed_rows AS results,
                (SELECT count(*)::int FROM review_comments WHERE tenant_id = $1 AND batch_id = $2 AND parent_id IS NULL AND resolved_at IS NULL) AS open_comments
           FROM batches WHERE tenant_id = $1 AND id = $2`,
        [tenantId, batchId],
      );
      if (!batch) return NOT_FOUND;
      const axes = axesOf(batch.matrix ?? {});
      // Axis 0 stands for all rows: one value, so that each of them falls on it.
      const decided = await tx.query<{ axis: number; value_index: number; state: ReviewState; rows: number }>(
        `SELECT a.axis::int - 1 AS axis, ((row_number - 1) / a.stride) % a.count AS value_index, state, count(*)::int AS rows
           FROM row_reviews CROSS JOIN unnest($3::int[], $4::int[]) WITH ORDINALITY AS a (stride, count, axis)
          WHERE tenant_id = $1 AND batch_id = $2 AND is_current AND state <> 'waiting' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
        [tenantId, batchId, [1, ...axes.map(({ stride }) => stride)], [1, ...axes.map(({ values }) => values.length)]],
      );
      const inAll = (state: ReviewState) => decided.find((one) => one.axis === 0 && one.state === state)?.rows ?? 0;
      return {
        results: batch.results,
        approved: inAll('approved'),
        rejected: inAll('rejected'),
        openComments: batch.open_comments,
        axes: axes.map((axis, at) => ({
          ...axis,
          decided: decided
            .filter((one) => one.axis === at + 1)
            .map(({ value_index: valueIndex, state, rows }) => ({ valueIndex, state, rows })),
        })),
        failures: await failuresOf(tx, batchId),
      };
    });
  }

  async rows({ tenantId }: Pick<Caller, 'tenantId'>, batchId: string, filter: RowFilter) {
    return this.db.transaction(
      'review rows',
      [tenantId],
      async (tx): Promise<NamedRefusal | { rows: ReviewRow[]; nextAfter: number | null; axes: Axis[] }> => {
        const matrix = await matrixOf(tx, tenantId, batchId);
        if (matrix === undefined) return NOT_FOUND;
        return { ...(await pageOfRows(tx, tenantId, batchId, filter)), axes: axesOf(matrix ?? {}) };
      },
    );
  }

  async versions({ tenantId }: Pick<Caller, 'tenantId'>, batchId: string, rowNumber: number): Promise<VersionRow[] | NamedRefusal> {
    const versions = await this.db.transaction('row versions', [tenantId], (tx) => versionsOfRow(tx, tenantId, batchId, rowNumber));
    return versions.length > 0 ? versions : { refused: 'not_found', detail: 'Row not found' };
  }

  /** In one statement however many rows there are. Rows without a result are left as they are. */
  async decide(caller: Caller, batchId: string, state: ReviewState, which: WhichRows): Promise<Changed | NamedRefusal> {
    const { tenantId } = caller;
    return this.db.transaction('decide rows', tenantsOfAuthor(caller), async (tx): Promise<Changed | NamedRefusal> => {
      if ((await matrixOf(tx, tenantId, batchId)) === undefined) return NOT_FOUND;
      const by = await authorOf(tx, caller);
      const [rows, match] = 'rows' in which ? [which.rows, null] : [null, which.match.review];
      const changed = await tx.query(
        `INSERT INTO row_reviews (tenant_id, generation_id, batch_id, row_number, state, decided_by_kind, decided_by_id, decided_by_name, decided_at)
         SELECT $1, c.id, $2, b.row_number, $5, $6, $7, $8, now()
           FROM ${newestVersions(rowsOfBatch('($3::int[] IS NULL OR row_number = ANY ($3))'))}
          WHERE c.state = 'completed' AND ($4::text IS NULL OR coalesce(r.state, 'waiting') = $4)
          ORDER BY b.row_number LIMIT ${MAX_ROWS_DECIDED_AT_ONCE}
         ON CONFLICT (tenant_id, generation_id) DO UPDATE
           SET state = EXCLUDED.state, decided_by_kind = EXCLUDED.decided_by_kind, decided_by_id = EXCLUDED.decided_by_id,
               decided_by_name = EXCLUDED.decided_by_name, decided_at = EXCLUDED.decided_at
         RETURNING 1`,
        [tenantId, batchId, rows, match, state, by.kind, by.id, by.name],
      );
      if (changed.length > 0) {
        await recordEvents(tx, [{ tenantId, type: 'review.decided', data: { batchId, state, rows: changed.length, by: by.name } }]);
      }
      return { changed: changed.length, hasMore: match !== null && changed.length === MAX_ROWS_DECIDED_AT_ONCE };
    });
  }

  async assign({ tenantId }: Caller, batchId: string, rows: readonly number[], memberId: string | null): Promise<Changed | NamedRefusal> {
    return this.db.transaction('assign rows', [tenantId], async (tx): Promise<Changed | NamedRefusal> => {
      if ((await matrixOf(tx, tenantId, batchId)) === undefined) return NOT_FOUND;
      const members = memberId
        ? await tx.query('SELECT 1 FROM members WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL', [tenantId, memberId])
        : [1];
      if (members.length === 0) return { refused: 'not_found', detail: 'Member not found' };
      const changed = await tx.query(
        `INSERT INTO row_reviews (tenant_id, generation_id, batch_id, row_number, assignee_id)
         SELECT $1, c.id, $2, b.row_number, $4 FROM ${newestVersions(rowsOfBatch('row_number = ANY ($3)'))}
         ON CONFLICT (tenant_id, generation_id) DO UPDATE SET assignee_id = EXCLUDED.assignee_id RETURNING 1`,
        [tenantId, batchId, rows, memberId],
      );
      return { changed: changed.length, hasMore: false };
    });
  }
}

/** Null of a batch without one, undefined without a batch. */
async function matrixOf(tx: Tx, tenantId: string, batchId: string): Promise<Matrix | null | undefined> {
  const [batch] = await tx.query<{ matrix: Matrix | null }>(
    `SELECT options -> 'matrix' AS matrix FROM batches WHERE tenant_id = $1 AND id = $2`,
    [tenantId, batchId],
  );
  return batch?.matrix;
}

async function failuresOf(tx: Tx, batchId: string): Promise<ReviewTally['failures']> {
  return tx.query(
    `SELECT coalesce(failure_reason, '') AS reason, count(*)::int AS rows, (array_agg(row_number ORDER BY row_number))[1:${FIRST_ROWS}] AS "firstRows"
       FROM generations WHERE batch_id = $1 AND state = 'failed' AND row_number IS NOT NULL
      GROUP BY failure_reason ORDER BY 2 DESC, 1 LIMIT ${MAX_CAUSES}`,
    [batchId],
  );
}
