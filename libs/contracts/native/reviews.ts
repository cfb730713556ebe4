import { z } from 'zod';
import { Assets, Credits, When } from '#contracts/native/common';
import { GENERATION_STATES } from '#contracts/native/generations';
import type { OperationContract } from '#contracts/operation';
import { MAX_BATCH_ROWS } from '#core/ingestion/limits';
import {
  MAX_COMMENT_CHARACTERS,
  MAX_FRAME,
  MAX_NOTE_CHARACTERS,
  MAX_REVIEW_PAGE_ROWS,
  MAX_ROWS_DECIDED_AT_ONCE,
} from '#core/review/limits';
import { REVIEW_STATES } from '#core/review/review-state';

const BATCH = '/api/v1/batches/:id';
const Text = (max: number) => z.string().trim().min(1).max(max);
const Row = z.int().min(1).max(MAX_BATCH_ROWS);
const State = z.enum(REVIEW_STATES);
const Rows = z.array(Row).min(1).max(MAX_ROWS_DECIDED_AT_ONCE);

/** A result as it is looked at, by whomever. */
export const Result = z.object({
  generationId: z.uuid(),
  version: z.int(),
  state: z.enum(GENERATION_STATES),
  review: State,
  decidedBy: z.string().nullable(),
  decidedAt: When.nullable(),
  model: z.string(),
  prompt: z.string(),
  output: z.object({
    kind: z.enum(['image', 'video']),
    widthPx: z.int(),
    heightPx: z.int(),
    frames: z.int().nullable().meta({ description: 'Null for a picture.' }),
    framesPerSecond: z.number().nullable(),
  }),
  assets: Assets.nullable(),
  failureReason: z.string().nullable(),
});

/** A row of a batch as it is reviewed: its newest version. */
export const BatchRow = Result.extend({
  row: z.int(),
  versions: z.int().meta({ description: 'How many there are of this row.' }),
  assignee: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  openComments: z.int(),
  values: z.record(z.string(), z.string()).meta({ description: 'Of the matrix, by axis.' }),
  priceCredits: Credits,
}).meta({ id: 'BatchRow' });
export type BatchRow = z.infer<typeof BatchRow>;

export const RowVersion = Result.extend({ note: z.string().nullable(), askedBy: z.string().nullable(), createdAt: When }).meta({
  id: 'RowVersion',
});
export type RowVersion = z.infer<typeof RowVersion>;

export const ReviewComment = z
  .object({
    id: z.uuid(),
    generationId: z.uuid().meta({ description: 'The version that it is about.' }),
    parentId: z.uuid().nullable().meta({ description: 'The comment that it answers.' }),
    frame: z.int().nullable().meta({ description: 'From 0.' }),
    x: z.number().nullable().meta({ description: 'From 0 at the left to 1 at the right.' }),
    y: z.number().nullable().meta({ description: 'From 0 at the top to 1 at the bottom.' }),
    text: z.string(),
    author: z.object({ kind: z.enum(['person', 'api_key', 'guest']), name: z.string() }),
    createdAt: When,
    resolvedAt: When.nullable(),
    resolvedBy: z.string().nullable(),
    isShared: z.boolean().meta({ description: 'Seen by the guests of a share link: one of them began the thread.' }),
  })
  .meta({ id: 'ReviewComment' });
export type ReviewComment = z.infer<typeof ReviewComment>;

export const RowPageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_REVIEW_PAGE_ROWS).default(100),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_BATCH_ROWS)
    .default(0)
    .meta({ description: 'Begins after this row: `nextAfter` of a page.' }),
});
export type RowPageQuery = z.infer<typeof RowPageQuery>;

export const ListBatchRowsQuery = RowPageQuery.extend({
  state: z.enum(GENERATION_STATES).optional(),
  review: State.optional().meta({ description: 'Of completed rows.' }),
  assignee: z.uuid().optional(),
});
export type ListBatchRowsQuery = z.infer<typeof ListBatchRowsQuery>;

export const DecideRows = z
  .strictObject({
    state: State,
    rows: Rows.optional(),
    match: z.strictObject({ review: State }).optional().meta({ description: 'All rows that are so now, at most 10,000 in one call.' }),
  })
  .refine(({ rows, match }) => (rows === undefined) !== (match === undefined), 'name rows or match');
export type DecideRows = z.infer<typeof DecideRows>;

export const AssignRows = z.strictObject({ rows: Rows, memberId: z.uuid().nullable() });
export type AssignRows = z.infer<typeof AssignRows>;

export const AddComment = z
  .strictObject({
    text: Text(MAX_COMMENT_CHARACTERS),
    parentId: z.uuid().optional(),
    frame: z.int().min(0).max(MAX_FRAME).optional(),
    x: z.number().min(0).max(1).optional(),
    y: z.number().min(0).max(1).optional(),
  })
  .refine(({ x, y }) => (x === undefined) === (y === undefined), 'x and y belong together')
  .refine(
    ({ parentId, frame, x }) => parentId === undefined || (frame === undefined && x === undefined),
    'an answer has its thread’s place',
  );
export type AddComment = z.infer<typeof AddComment>;

const ChangeComment = z.strictObject({ resolved: z.boolean() });
export type ChangeComment = z.infer<typeof ChangeComment>;

export const RegenerateRow = z.strictObject({
  note: Text(MAX_NOTE_CHARACTERS).optional().meta({ description: 'Is added to the prompt.' }),
  keepSeed: z.boolean().default(false),
});
export type RegenerateRow = z.infer<typeof RegenerateRow>;

const Tally = z.object({ approved: z.int(), rejected: z.int() });

export const ReviewSummary = z
  .object({
    results: z.int(),
    waiting: z.int(),
    approved: z.int(),
    rejected: z.int(),
    openComments: z.int(),
    axes: z.array(z.object({ name: z.string(), values: z.array(Tally.extend({ value: z.string() })) })).meta({
      description: 'Decisions by value of the matrix, for batches that have one.',
    }),
    failures: z
      .array(z.object({ reason: z.string(), rows: z.int(), firstRows: z.array(z.int()) }))
      .meta({ description: 'Failed rows by cause, the most frequent first.' }),
  })
  .meta({ id: 'ReviewSummary' });
export type ReviewSummary = z.infer<typeof ReviewSummary>;

const Changed = z.object({ changed: z.int().meta({ description: 'Rows that have a result to decide on.' }), hasMore: z.boolean() });
const reads = { method: 'GET', status: 200, scope: 'generations:read' } as const;
const writes = { method: 'POST', status: 200, scope: 'generations:write' } as const;

export const getReview = {
  id: 'getReview',
  path: `${BATCH}/review`,
  ...reads,
  summary: 'How far the review of a batch is: decisions, also by value of its matrix, and failures by cause.',
  response: ReviewSummary,
} satisfies OperationContract;

export const listBatchRows = {
  id: 'listBatchRows',
  path: `${BATCH}/rows`,
  ...reads,
  summary: 'Rows of a batch in their order, each with its newest version and what was decided on it.',
  query: ListBatchRowsQuery,
  response: z.object({ rows: z.array(BatchRow), nextAfter: z.int().nullable() }),
} satisfies OperationContract;

export const listRowVersions = {
  id: 'listRowVersions',
  path: `${BATCH}/rows/:row/versions`,
  ...reads,
  summary: 'All versions of a row, newest first.',
  response: z.object({ versions: z.array(RowVersion) }),
} satisfies OperationContract;

export const decideRows = {
  id: 'decideRows',
  path: `${BATCH}/decisions`,
  ...writes,
  summary: 'Approve or reject the newest results of rows, or take that back.',
  body: DecideRows,
  response: Changed,
} satisfies OperationContract;

export const assignRows = {
  id: 'assignRows',
  path: `${BATCH}/assignments`,
  ...writes,
  summary: 'Give rows to a member to review, or to nobody.',
  body: AssignRows,
  response: Changed,
} satisfies OperationContract;

export const regenerateRow = {
  id: 'regenerateRow',
  path: `${BATCH}/rows/:row/regenerate`,
  ...writes,
  status: 202,
  summary:
    'Make a row anew, with a note added to its prompt. It is priced and reserved as any generation and becomes the row’s newest version.',
  body: RegenerateRow,
  response: z.object({ generationId: z.uuid(), version: z.int() }),
} satisfies OperationContract;

export const listReviewComments = {
  id: 'listReviewComments',
  path: `${BATCH}/rows/:row/comments`,
  ...reads,
  summary: 'Comments on all versions of a row, oldest first.',
  response: z.object({ comments: z.array(ReviewComment) }),
} satisfies OperationContract;

export const addReviewComment = {
  id: 'addReviewComment',
  path: `${BATCH}/rows/:row/comments`,
  ...writes,
  status: 201,
  summary: 'Comment on the newest version of a row, on a frame and at a place if they are named, or answer a comment.',
  body: AddComment,
  response: ReviewComment,
} satisfies OperationContract;

export const changeReviewComment = {
  id: 'changeReviewComment',
  path: `${BATCH}/comments/:comment`,
  ...writes,
  method: 'PATCH',
  summary: 'Resolve a thread, or open it again.',
  body: ChangeComment,
  response: ReviewComment,
} satisfies OperationContract;
