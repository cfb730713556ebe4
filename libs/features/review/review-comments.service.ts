import { Injectable } from '@nestjs/common';
import { v7 as newId } from 'uuid';
import type { AddComment } from '#contracts/native/reviews';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_COMMENTS_PER_ROW } from '#core/review/limits';
import { recordEvents } from '#features/events/events.service';
import { type Author, authorOf, tenantsOfAuthor } from '#features/review/author';
import { newestOfRow } from '#features/review/review-rows';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface CommentRow {
  id: string;
  generationId: string;
  parentId: string | null;
  frame: number | null;
  x: number | null;
  y: number | null;
  text: string;
  authorKind: Author['kind'];
  authorName: string;
  createdAt: Date;
  resolvedAt: Date | null;
  resolvedByName: string | null;
  /** Whose guests see it; null for what stays in the tenant. */
  shareLinkId: string | null;
}

/** A row of a batch of one tenant. */
export interface RowRef {
  tenantId: string;
  batchId: string;
  rowNumber: number;
}

const ROW_NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Row not found' };
const COMMENT_NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Comment not found' };
export const COMMENT_COLUMNS = `id, generation_id AS "generationId", parent_id AS "parentId", frame, x, y, text, author_kind AS "authorKind",
  author_name AS "authorName", created_at AS "createdAt", resolved_at AS "resolvedAt", resolved_by_name AS "resolvedByName",
  share_link_id AS "shareLinkId"`;

/** What is said about results: threads of two levels, pinned to a frame and a place of one version. */
@Injectable()
export class ReviewCommentsService {
  constructor(private readonly db: HotPool) {}

  async list({ tenantId }: Pick<Caller, 'tenantId'>, batchId: string, rowNumber: number): Promise<CommentRow[] | NamedRefusal> {
    return this.db.transaction('list comments', [tenantId], async (tx) => {
      if (!(await newestOfRow(tx, tenantId, batchId, rowNumber))) return ROW_NOT_FOUND;
      return commentsOf(tx, { tenantId, batchId, rowNumber });
    });
  }

  async add(caller: Caller, batchId: string, rowNumber: number, said: AddComment): Promise<CommentRow | NamedRefusal> {
    return this.db.transaction('add comment', tenantsOfAuthor(caller), async (tx) =>
      addComment(tx, { tenantId: caller.tenantId, batchId, rowNumber }, said, await authorOf(tx, caller)),
    );
  }

  async resolve(caller: Caller, batchId: string, id: string, isResolved: boolean): Promise<CommentRow | NamedRefusal> {
    return this.db.transaction('resolve comment', tenantsOfAuthor(caller), async (tx) => {
      const by = await authorOf(tx, caller);
      const [row] = await tx.query<CommentRow>(
        `UPDATE review_comments
            SET resolved_at = CASE WHEN $4 THEN coalesce(resolved_at, now()) END, resolved_by_name = CASE WHEN $4 THEN coalesce(resolved_by_name, $5) END
          WHERE tenant_id = $1 AND batch_id = $2 AND id = $3 AND parent_id IS NULL RETURNING ${COMMENT_COLUMNS}`,
        [caller.tenantId, batchId, id, isResolved, by.name],
      );
      return row ?? COMMENT_NOT_FOUND;
    });
  }
}

/** Oldest first. */
export async function commentsOf(tx: Tx, { tenantId, batchId, rowNumber }: RowRef): Promise<CommentRow[]> {
  return tx.query<CommentRow>(
    `SELECT ${COMMENT_COLUMNS} FROM review_comments WHERE tenant_id = $1 AND batch_id = $2 AND row_number = $3 ORDER BY id LIMIT ${MAX_COMMENTS_PER_ROW}`,
    [tenantId, batchId, rowNumber],
  );
}

/** Says something about the newest version of a row. An answer belongs to the version of its thread. */
export async function addComment(tx: Tx, row: RowRef, said: AddComment, author: Author): Promise<CommentRow | NamedRefusal> {
  const { tenantId, batchId, rowNumber } = row;
  const newest = await newestOfRow(tx, tenantId, batchId, rowNumber);
  if (!newest) return ROW_NOT_FOUND;
  const before = await commentsOf(tx, row);
  if (before.length >= MAX_COMMENTS_PER_ROW) {
    return { refused: 'limit_reached', detail: `A row has at most ${MAX_COMMENTS_PER_ROW} comments` };
  }
  const thread = said.parentId === undefined ? undefined : before.find(({ id, parentId }) => id === said.parentId && parentId === null);
  if (said.parentId !== undefined && !thread) return COMMENT_NOT_FOUND;
  if (thread && author.shareLinkId && thread.shareLinkId !== author.shareLinkId) return COMMENT_NOT_FOUND;
  const id = newId();
  const [comment] = await tx.query<CommentRow>(
    `INSERT INTO review_comments (tenant_id, id, batch_id, row_number, generation_id, parent_id, frame, x, y, text, author_kind, author_id, author_name, share_link_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING ${COMMENT_COLUMNS}`,
    [
      tenantId,
      id,
      batchId,
      rowNumber,
      thread?.generationId ?? newest.generationId,
      thread?.id ?? null,
      said.frame ?? null,
      said.x ?? null,
      said.y ?? null,
      said.text,
      author.kind,
      author.id,
      author.name,
      author.shareLinkId ?? thread?.shareLinkId ?? null,
    ],
  );
  if (!comment) throw new Error('a comment was not written');
  const data = { batchId, row: rowNumber, generationId: comment.generationId, commentId: id, by: author.name };
  await recordEvents(tx, [{ tenantId, type: 'review.commented', data }]);
  return comment;
}
