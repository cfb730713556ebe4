import { z } from 'zod';
import { Count, When } from '#contracts/native/common';
import { GenerationMatch } from '#contracts/native/generations';
import type { OperationContract } from '#contracts/operation';
import { CANCELLATION_OUTCOMES, MAX_CANCELLATION_ROWS, MAX_CHOSEN_GENERATIONS } from '#core/generations/limits';

const ROOT = '/api/v1/cancellations';

const Cancellation = z
  .object({
    id: z.uuid(),
    state: z.enum(['running', 'done']),
    expected: Count.meta({ description: 'Generations that it was asked for.' }),
    cancelled: z.int(),
    endedBefore: z.int().meta({ description: 'Generations that had ended by themselves, or are not there.' }),
    createdAt: When,
    finishedAt: When.nullable(),
  })
  .meta({ id: 'Cancellation' });
export type CancellationView = z.infer<typeof Cancellation>;

export const PreviewCancellation = GenerationMatch;
export type PreviewCancellation = z.infer<typeof PreviewCancellation>;

const Token = z.string().max(4_000).meta({ description: 'Of a preview: stands for all that matched it then.' });
export const StartCancellation = z
  .strictObject({ token: Token.optional(), ids: z.array(z.uuid()).min(1).max(MAX_CHOSEN_GENERATIONS).optional() })
  .refine(({ token, ids }) => (token === undefined) !== (ids === undefined), 'give either token or ids');
export type StartCancellation = z.infer<typeof StartCancellation>;

export const previewCancellation = {
  id: 'previewCancellation',
  method: 'POST',
  path: `${ROOT}/preview`,
  status: 200,
  scope: 'generations:write',
  summary:
    'Count the unfinished generations that match, and get the token that cancels them. It touches nothing, and nothing that comes later.',
  body: PreviewCancellation,
  response: z.object({ count: Count, token: Token }),
} satisfies OperationContract;

export const startCancellation = {
  id: 'startCancellation',
  method: 'POST',
  path: ROOT,
  status: 202,
  scope: 'generations:write',
  summary: 'Cancel many generations: those named, or all that matched a preview. It goes on by itself; ask for its progress by its id.',
  body: StartCancellation,
  response: Cancellation,
} satisfies OperationContract;

export const getCancellation = {
  id: 'getCancellation',
  method: 'GET',
  path: `${ROOT}/:id`,
  status: 200,
  scope: 'generations:read',
  summary: 'How far a cancellation has come. Kept for 30 days.',
  response: Cancellation,
} satisfies OperationContract;

const Outcome = z.enum(CANCELLATION_OUTCOMES);
const MAX_PAGE_ROWS = 500;

export const ListCancellationRowsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_ROWS).default(100),
  after: z.coerce.number().int().min(0).max(MAX_CANCELLATION_ROWS).default(0).meta({ description: '`nextAfter` of the page before.' }),
  outcome: Outcome.optional(),
});
export type ListCancellationRowsQuery = z.infer<typeof ListCancellationRowsQuery>;

export const listCancellationRows = {
  id: 'listCancellationRows',
  method: 'GET',
  path: `${ROOT}/:id/rows`,
  status: 200,
  scope: 'generations:read',
  summary: `What became of each generation that a cancellation has come to, of the first ${MAX_CANCELLATION_ROWS.toLocaleString('en')}.`,
  query: ListCancellationRowsQuery,
  response: z.object({ rows: z.array(z.object({ generationId: z.uuid(), outcome: Outcome })), nextAfter: z.int().nullable() }),
} satisfies OperationContract;
