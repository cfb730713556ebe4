import type { Output } from '#core/catalog/quote';
import type { GenerationState } from '#core/generations/state';
import { MAX_REVIEW_SCANNED_ROWS, MAX_VERSIONS_PER_ROW } from '#core/review/limits';
import type { ReviewState } from '#core/review/review-state';
import { newestVersions, rowsOfBatch } from '#features/review/newest-version';
import type { Tx } from '#platform/database/tx';

/** One version of a row. */
export interface ResultRow {
  rowNumber: number;
  generationId: string;
  version: number;
  state: GenerationState;
  review: ReviewState;
  decidedByName: string | null;
  decidedAt: Date | null;
  model: string;
  prompt: string;
  output: Output;
  /** Storage keys. */
  assets: { image?: string; video?: string } | null;
  failureReason: string | null;
}

export interface ReviewRow extends ResultRow {
  assigneeId: string | null;
  assigneeName: string | null;
  openComments: number;
  priceMicro: string;
}

export interface VersionRow extends ResultRow {
  note: string | null;
  askedByName: string | null;
  createdAt: Date;
}

export interface RowFilter {
  limit: number;
  after: number;
  state?: GenerationState;
  review?: ReviewState;
  assignee?: string;
}

const RESULT = `b.row_number AS "rowNumber", c.id AS "generationId", c.state, coalesce(r.state, 'waiting') AS review,
  r.decided_by_name AS "decidedByName", r.decided_at AS "decidedAt", c.model, c.prompt, c.output,
  CASE WHEN c.state = 'completed' AND c.deleted_at IS NULL THEN c.assets END AS assets, c.failure_reason AS "failureReason"`;

/** One page of rows in their order. @returns where to go on; null after the last row */
export async function pageOfRows(
  tx: Tx,
  tenantId: string,
  batchId: string,
  { limit, after, state, review, assignee }: RowFilter,
): Promise<{ rows: ReviewRow[]; nextAfter: number | null }> {
  const scanned = MAX_REVIEW_SCANNED_ROWS;
  const [horizon] = await tx.query<{ row: number }>(
    `SELECT row_number AS row FROM (${rowsOfBatch('row_number > $3', scanned)}) AS scanned OFFSET ${scanned - 1}`,
    [tenantId, batchId, after],
  );
  const rows = await tx.query<ReviewRow>(
    `SELECT ${RESULT}, coalesce(v.version, 1) AS version, c.price_micro AS "priceMicro",
            r.assignee_id AS "assigneeId", (SELECT name FROM members m WHERE m.tenant_id = $1 AND m.id = r.assignee_id) AS "assigneeName",
            (SELECT count(*)::int FROM review_comments t
              WHERE t.tenant_id = $1 AND t.batch_id = $2 AND t.row_number = b.row_number AND t.parent_id IS NULL AND t.resolved_at IS NULL) AS "openComments"
       FROM ${newestVersions(rowsOfBatch('row_number > $3', scanned))}
      WHERE ($4::text IS NULL OR c.state = $4) AND ($5::text IS NULL OR (c.state = 'completed' AND coalesce(r.state, 'waiting') = $5))
        AND ($6::uuid IS NULL OR r.assignee_id = $6)
      ORDER BY b.row_number LIMIT $7`,
    [tenantId, batchId, after, state ?? null, review ?? null, assignee ?? null, limit],
  );
  const last = rows.length === limit ? rows.at(-1)?.rowNumber : horizon?.row;
  return { rows, nextAfter: last ?? null };
}

/** Newest first. The first version is the row's own generation. */
export async function versionsOfRow(tx: Tx, tenantId: string, batchId: string, rowNumber: number): Promise<VersionRow[]> {
  return tx.query<VersionRow>(
    `WITH stack AS (
       SELECT id, row_number, 1 AS version, NULL AS note, NULL AS asked_by_name FROM generations
        WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3
       UNION ALL
       SELECT generation_id, row_number, version, note, asked_by_name FROM row_versions WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3
     )
     SELECT ${RESULT}, b.version, b.note, b.asked_by_name AS "askedByName", c.created_at AS "createdAt"
       FROM stack b JOIN generations c ON c.tenant_id = $1 AND c.id = b.id LEFT JOIN row_reviews r ON r.tenant_id = $1 AND r.generation_id = c.id
      ORDER BY b.version DESC LIMIT ${MAX_VERSIONS_PER_ROW}`,
    [tenantId, batchId, rowNumber],
  );
}

/** The newest version of one row. */
export async function newestOfRow(tx: Tx, tenantId: string, batchId: string, rowNumber: number): Promise<VersionRow | undefined> {
  return (await versionsOfRow(tx, tenantId, batchId, rowNumber))[0];
}
