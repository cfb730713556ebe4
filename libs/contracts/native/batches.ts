import { z } from 'zod';
import { eitherSpelling } from '#contracts/native/either-spelling';
import { GenerationFields } from '#contracts/native/generations';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import { MAX_CALLBACK_URL_CHARACTERS, MAX_PRIORITY, MIN_PRIORITY } from '#core/generations/limits';
import { BATCH_STATES } from '#core/ingestion/batch-state';
import {
  DEFAULT_BATCH_PRIORITY,
  MAX_BATCH_ROWS,
  MAX_COLUMNS,
  MAX_MATRIX_ROWS,
  MAX_MATRIX_VARIABLES,
  MAX_TEMPLATE_CHARACTERS,
} from '#core/ingestion/limits';
import { matrixRows } from '#core/ingestion/matrix';
import { isKeepable, KEEPABLE_TEXT } from '#core/text/keepable-text';

const ROOT = '/api/v1/batches';
const MAX_NAME_CHARACTERS = 200;
const MAX_SOURCE_URL_CHARACTERS = 8_000;
const MAX_MATRIX_VALUE_CHARACTERS = 1_000;

/** Text that Postgres can keep. */
const Text = z.string().refine(isKeepable, KEEPABLE_TEXT);
const Name = Text.min(1).max(100);
const Time = z.iso.datetime({ offset: true });
const Credits = z.string().meta({ description: 'Decimal string, exact to a millionth.' });

const { labels, ...rowFields } = GenerationFields.omit({
  serviceTier: true,
  priority: true,
  startBy: true,
  completeBy: true,
  prompt: true,
}).partial().shape;

/** What a batch says once for all of its rows. What a row says itself goes before it. */
const OptionFields = z.strictObject({
  name: Text.max(MAX_NAME_CHARACTERS).optional(),
  serviceTier: z
    .enum(SERVICE_TIERS)
    .optional()
    .meta({ description: 'If absent the project’s, else flex: half price and done within 24 hours.' }),
  priority: z
    .int()
    .min(MIN_PRIORITY)
    .max(MAX_PRIORITY)
    .default(DEFAULT_BATCH_PRIORITY)
    .meta({ description: 'Among your own: higher goes first. The default lets requests of their own go before a batch.' }),
  startBy: Time.optional(),
  completeBy: Time.optional(),
  labels,
  callbackUrl: z
    .url({ protocol: /^https?$/ })
    .max(MAX_CALLBACK_URL_CHARACTERS)
    .optional(),
  budgetCredits: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?$/)
    .optional()
    .meta({ description: 'The batch pauses before the row that would make it cost more.' }),
  dryRun: z.boolean().default(false).meta({ description: 'Counts, prices and checks every row and queues none.' }),
  defaults: eitherSpelling(z.strictObject(rowFields)).default({}).meta({ description: 'Fields of rows that do not give them.' }),
  columns: z
    .record(Name, Name)
    .refine((columns) => Object.keys(columns).length <= MAX_COLUMNS, `at most ${MAX_COLUMNS} columns`)
    .default({})
    .meta({ description: 'Column of the CSV → field of the row. A column that is named like a field needs no entry.' }),
  promptTemplate: Text.min(1)
    .max(MAX_TEMPLATE_CHARACTERS)
    .optional()
    .meta({ description: 'The prompt with gaps, `{{product}} in {{city}}`, filled from columns and the matrix.' }),
  matrix: z
    .record(Name, z.array(Text.min(1).max(MAX_MATRIX_VALUE_CHARACTERS)).min(1).max(MAX_MATRIX_ROWS))
    .refine((matrix) => Object.keys(matrix).length <= MAX_MATRIX_VARIABLES, `at most ${MAX_MATRIX_VARIABLES} variables`)
    .refine((matrix) => matrixRows(matrix) <= MAX_MATRIX_ROWS, `at most ${MAX_MATRIX_ROWS} combinations`)
    .optional()
    .meta({ description: 'Every row becomes one row per combination. Without rows of its own a batch is its matrix.' }),
});
export const BatchOptions = eitherSpelling(OptionFields.meta({ id: 'BatchOptions' }));
export type BatchOptions = z.infer<typeof BatchOptions>;

/** Where the rows are, for a batch that brings none along. */
const BatchSourceUrl = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).max(MAX_SOURCE_URL_CHARACTERS),
    format: z.enum(['ndjson', 'csv']),
    gzip: z.boolean().default(false).meta({ description: 'Also known from the answer’s `Content-Encoding`.' }),
  })
  .meta({
    description:
      'A link that needs no sign-in, as an object store’s presigned one. It is fetched in the background, gone on with by `Range` where a connection ' +
      'was cut, and forgotten when it is whole.',
  });
export type BatchSourceUrl = z.infer<typeof BatchSourceUrl>;

export const CreateBatch = eitherSpelling(OptionFields.extend({ source: BatchSourceUrl.optional() }).meta({ id: 'CreateBatch' }));
export type CreateBatch = z.infer<typeof CreateBatch>;

export const Batch = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    state: z.enum(BATCH_STATES),
    stateReason: z.string().nullable().meta({ description: 'Why it is paused or failed, or why the rest of its source was not read.' }),
    dryRun: z.boolean(),
    options: z.record(z.string(), z.unknown()),
    source: z.object({
      format: z.enum(['ndjson', 'csv', 'none']),
      gzip: z.boolean(),
      bytes: z.number().nullable().meta({ description: 'So far, while it is received.' }),
      expectedBytes: z.number().nullable().meta({ description: 'What it comes to, if that was said.' }),
      sha256: z.string().nullable(),
    }),
    rows: z.object({
      read: z.int().meta({ description: 'Rows up to this number are accepted or refused.' }),
      accepted: z.int(),
      refused: z.int(),
      queued: z.int(),
      completed: z.int(),
      failed: z.int(),
      cancelled: z.int(),
    }),
    priceCredits: Credits.meta({ description: 'Of all accepted rows.' }),
    missingCredits: Credits.meta({ description: 'What the first row that was not covered lacks; of a dry run, all that is missing.' }),
    burnLaneMs: z.number(),
    contactSheets: z.int(),
    createdAt: Time,
    loadedAt: Time.nullable(),
    finishedAt: Time.nullable(),
    expectedFinishAt: Time.nullable().meta({
      description:
        'As the planner expects it, at an even chance; of a dry run, if its rows were sent now. Null in lists, when nothing moves, and when the planner does not answer.',
    }),
    expectedFinishP90At: Time.nullable().meta({ description: 'The same with nine chances of ten.' }),
  })
  .meta({ id: 'Batch' });
export type Batch = z.infer<typeof Batch>;

export const CreateBatchQuery = z.object({
  options: z.string().max(100_000).optional().meta({ description: 'BatchOptions as JSON, for a body that is a stream of rows.' }),
});
export type CreateBatchQuery = z.infer<typeof CreateBatchQuery>;

export const ListBatchesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  before: z.uuid().optional().meta({ description: 'Id of the last batch of the page before.' }),
});
export type ListBatchesQuery = z.infer<typeof ListBatchesQuery>;

export const FileQuery = eitherSpelling(
  z.object({
    format: z.enum(['ndjson', 'csv']).default('ndjson'),
    afterRow: z.coerce.number().int().min(0).max(MAX_BATCH_ROWS).default(0).meta({ description: 'Begins after this row.' }),
  }),
);
export type FileQuery = z.infer<typeof FileQuery>;

export const ArchiveQuery = eitherSpelling(z.object({ afterRow: z.coerce.number().int().min(0).max(MAX_BATCH_ROWS).default(0) }));
export type ArchiveQuery = z.infer<typeof ArchiveQuery>;

const reads = { method: 'GET', status: 200, scope: 'generations:read' } as const;
const commands = { method: 'POST', status: 200, scope: 'generations:write', response: Batch } as const;

export const ROW_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'text/csv'] as const;
const FILE_TYPES = ['application/x-ndjson', 'text/csv'];

export const createBatch = {
  id: 'createBatch',
  method: 'POST',
  path: ROOT,
  status: 202,
  scope: 'generations:write',
  summary:
    'Ask for many generations at once. The body is a stream of rows, `application/x-ndjson` or `text/csv`, plain or with `Content-Encoding: gzip`, ' +
    'each row a body as a generation or a Dream Machine request takes; or CreateBatch as JSON, for rows behind a URL (`source`) or a batch that is its matrix.',
  query: CreateBatchQuery,
  body: CreateBatch,
  bodyTypes: ROW_TYPES,
  response: Batch,
} satisfies OperationContract;

/** A source that comes over several connections, by the protocol tus 1.0. */
export const BatchUpload = z
  .object({ id: z.uuid().meta({ description: 'Of the batch too.' }), offset: z.int(), bytes: z.int() })
  .meta({ id: 'BatchUpload' });
export type BatchUpload = z.infer<typeof BatchUpload>;

const UPLOADS = '/api/v1/batch-uploads';
export const UPLOAD_BODY_TYPE = 'application/offset+octet-stream';

export const createBatchUpload = {
  id: 'createBatchUpload',
  method: 'POST',
  path: UPLOADS,
  status: 201,
  scope: 'generations:write',
  summary:
    'Begin a resumable upload of a batch’s rows (tus 1.0, creation). `Upload-Metadata` names `format` (ndjson or csv), `gzip` (true or absent) and ' +
    '`options` (BatchOptions as JSON); `Upload-Length` is needed. The batch is made when all bytes are there; an upload is kept for 24 hours.',
} satisfies OperationContract;

export const getBatchUpload = {
  id: 'getBatchUpload',
  path: `${UPLOADS}/:id`,
  ...reads,
  summary: 'How far a resumable upload has come. HEAD answers as tus 1.0 says.',
  response: BatchUpload,
} satisfies OperationContract;

export const appendBatchUpload = {
  id: 'appendBatchUpload',
  method: 'PATCH',
  path: `${UPLOADS}/:id`,
  status: 204,
  scope: 'generations:write',
  summary: 'Go on with a resumable upload, from `Upload-Offset` on. What arrives before a connection is cut is kept.',
  bodyTypes: [UPLOAD_BODY_TYPE],
} satisfies OperationContract;

export const listBatches = {
  id: 'listBatches',
  path: ROOT,
  ...reads,
  summary: 'Batches of the tenant, newest first.',
  query: ListBatchesQuery,
  response: z.object({ batches: z.array(Batch), hasMore: z.boolean() }),
} satisfies OperationContract;

export const getBatch = {
  id: 'getBatch',
  path: `${ROOT}/:id`,
  ...reads,
  summary: 'A batch and its progress.',
  response: Batch,
} satisfies OperationContract;

export const streamBatch = {
  id: 'streamBatch',
  path: `${ROOT}/:id/events`,
  ...reads,
  summary: 'Progress of a batch as server-sent events, until it ends.',
  mediaTypes: ['text/event-stream'],
} satisfies OperationContract;

export const pauseBatch = {
  id: 'pauseBatch',
  path: `${ROOT}/:id/pause`,
  ...commands,
  summary: 'Hold back what has not started. Rows that run go on.',
} satisfies OperationContract;

export const resumeBatch = {
  id: 'resumeBatch',
  path: `${ROOT}/:id/resume`,
  ...commands,
  summary: 'Go on with a paused batch, also with one that ran out of credits.',
} satisfies OperationContract;

export const cancelBatch = {
  id: 'cancelBatch',
  path: `${ROOT}/:id/cancel`,
  ...commands,
  summary: 'Cancel every row that has not ended. What they held is released.',
} satisfies OperationContract;

export const retryBatch = {
  id: 'retryBatch',
  path: `${ROOT}/:id/retry`,
  ...commands,
  summary:
    'Ask again for the rows that failed. Those that retention has erased since cannot be: they are listed among the errors, with line 0.',
} satisfies OperationContract;

export const listBatchErrors = {
  id: 'listBatchErrors',
  path: `${ROOT}/:id/errors`,
  ...reads,
  summary: 'The rows that were refused, with line, field and reason, as NDJSON or CSV.',
  query: FileQuery,
  mediaTypes: FILE_TYPES,
} satisfies OperationContract;

export const getBatchManifest = {
  id: 'getBatchManifest',
  path: `${ROOT}/:id/manifest`,
  ...reads,
  summary: 'Every row with its generation, assets, cost and times, as NDJSON or CSV.',
  query: FileQuery,
  mediaTypes: FILE_TYPES,
} satisfies OperationContract;

export const getBatchArchive = {
  id: 'getBatchArchive',
  path: `${ROOT}/:id/assets.zip`,
  ...reads,
  summary: 'The assets of completed rows as a ZIP, at most 10,000 of them; `afterRow` asks for the next.',
  query: ArchiveQuery,
  mediaTypes: ['application/zip'],
} satisfies OperationContract;

export const getContactSheet = {
  id: 'getContactSheet',
  path: `${ROOT}/:id/contact-sheets/:sheet`,
  ...reads,
  summary: 'A JPEG page of labelled thumbnails of a hundred results. Sheets are made when a batch has ended.',
  mediaTypes: ['image/jpeg'],
} satisfies OperationContract;
