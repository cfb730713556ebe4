import { Injectable } from '@nestjs/common';
import type { AddComment, RowPageQuery } from '#contracts/native/reviews';
import type { NamedRefusal } from '#contracts/problems';
import type { Output } from '#core/catalog/quote';
import { MAX_COMMENTS_PER_ROW, MAX_REVIEW_SCANNED_ROWS } from '#core/review/limits';
import { type Guest, GuestsService } from '#features/review/guests.service';
import { newestVersions, rowsOfBatch } from '#features/review/newest-version';
import { addComment, COMMENT_COLUMNS, type CommentRow } from '#features/review/review-comments.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** The newest version of a row, as guests are shown it. */
export interface SharedResultRow {
  rowNumber: number;
  generationId: string;
  model: string;
  prompt: string;
  output: Output;
  /** Storage keys. */
  assets: { image: string; video?: string };
}

const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Row not found' };
/** What the guests' role may read of these tables. */
const COLUMNS = { generations: 'id, state, model, prompt, output, assets, deleted_at', reviews: 'state' };

/** A campaign as a share link shows it: results, and what the link's guests said about them. */
@Injectable()
export class SharedResultsService {
  constructor(
    private readonly db: HotPool,
    private readonly guests: GuestsService,
  ) {}

  /** One page in the order of rows. @returns where to go on; null after the last row */
  results(guest: Guest, { limit, after }: RowPageQuery): Promise<{ results: SharedResultRow[]; nextAfter: number | null }> {
    return this.guests.transaction('shared results', guest.token, async (tx) => {
      const scanned = await tx.query<{ row: number }>(
        `SELECT row_number AS row FROM (${rowsOfBatch('row_number > $3', MAX_REVIEW_SCANNED_ROWS)}) AS scanned OFFSET ${MAX_REVIEW_SCANNED_ROWS - 1}`,
        [guest.tenantId, guest.batchId, after],
      );
      const results = await shownRows(tx, guest, rowsOfBatch('row_number > $3', MAX_REVIEW_SCANNED_ROWS), after, limit);
      const last = results.length === limit ? results.at(-1)?.rowNumber : scanned[0]?.row;
      return { results, nextAfter: last ?? null };
    });
  }

  /** What guests of the same link said about a row, and what was answered to it; oldest first. */
  comments(guest: Guest, rowNumber: number): Promise<CommentRow[] | NamedRefusal> {
    return this.guests.transaction('shared comments', guest.token, async (tx): Promise<CommentRow[] | NamedRefusal> => {
      if (!(await shownRow(tx, guest, rowNumber))) return NOT_FOUND;
      return tx.query<CommentRow>(
        `SELECT ${COMMENT_COLUMNS} FROM review_comments WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3 ORDER BY id LIMIT ${MAX_COMMENTS_PER_ROW}`,
        [guest.tenantId, guest.batchId, rowNumber],
      );
    });
  }

  async comment(guest: Guest, rowNumber: number, said: AddComment): Promise<CommentRow | NamedRefusal> {
    const { tenantId, batchId, linkId: shareLinkId, access, id, name } = guest;
    if (access !== 'comment') return { refused: 'not_allowed', detail: 'This link is for looking only' };
    const heldBack = await this.guests.heldBack(guest, 'comment');
    if (heldBack) return heldBack;
    const isShown = await this.guests.transaction('shared row', guest.token, (tx) => shownRow(tx, guest, rowNumber));
    if (!isShown) return NOT_FOUND;
    return this.db.transaction('guest comments', [tenantId], (tx) =>
      addComment(tx, { tenantId, batchId, rowNumber }, said, { kind: 'guest', id, name, shareLinkId }),
    );
  }
}

async function shownRow(tx: Tx, guest: Guest, rowNumber: number): Promise<boolean> {
  return (await shownRows(tx, guest, rowsOfBatch('row_number = $3'), rowNumber, 1)).length > 0;
}

/** @param rows SQL that may name `bound` as $3 */
function shownRows(tx: Tx, { tenantId, batchId, results }: Guest, rows: string, bound: number, limit: number): Promise<SharedResultRow[]> {
  return tx.query<SharedResultRow>(
    `SELECT b.row_number AS "rowNumber", c.id AS "generationId", c.model, c.prompt, c.output, c.assets
       FROM ${newestVersions(rows, COLUMNS)}
      WHERE c.state = 'completed' AND c.deleted_at IS NULL AND c.assets ->> 'image' IS NOT NULL AND ($4 = 'all' OR r.state = 'approved')
      ORDER BY b.row_number LIMIT $5`,
    [tenantId, batchId, bound, results, limit],
  );
}
