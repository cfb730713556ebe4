import { z } from 'zod';
import { Assets, When } from '#contracts/native/common';
import { AddComment, Result, ReviewComment, RowPageQuery } from '#contracts/native/reviews';
import type { OperationContract } from '#contracts/operation';
import { MAX_GUEST_NAME_CHARACTERS, SHARE_ACCESSES, SHARED_RESULTS } from '#core/review/share-link';

const Shared = z
  .object({
    tenantName: z.string(),
    campaignName: z.string().nullable(),
    access: z.enum(SHARE_ACCESSES),
    results: z.enum(SHARED_RESULTS),
    guestName: z.string(),
    expiresAt: When,
    csrfToken: z.string().meta({ description: 'To be sent as `x-halogen-csrf` with everything but GET.' }),
  })
  .meta({ id: 'Shared' });
export type Shared = z.infer<typeof Shared>;

const SharedResult = Result.pick({ generationId: true, model: true, prompt: true, output: true })
  .extend({ row: z.int(), assets: Assets })
  .meta({ id: 'SharedResult' });
export type SharedResult = z.infer<typeof SharedResult>;

export const OpenShare = z.strictObject({
  token: z.string().min(1).max(100),
  name: z.string().trim().min(1).max(MAX_GUEST_NAME_CHARACTERS).meta({ description: 'What the guest is called beside their comments.' }),
});
export type OpenShare = z.infer<typeof OpenShare>;

const SHARED = '/api/v1/shared';
const forGuests = { scope: null, guest: true } as const;

export const openShare = {
  id: 'openShare',
  method: 'POST',
  path: SHARED,
  status: 200,
  scope: null,
  summary: 'Come in by a share link. The browser gets a cookie that shows what the link shows, and nothing else.',
  body: OpenShare,
  response: Shared,
} satisfies OperationContract;

export const getShared = {
  id: 'getShared',
  method: 'GET',
  path: SHARED,
  status: 200,
  ...forGuests,
  summary: 'What this browser is shown, and until when.',
  response: Shared,
} satisfies OperationContract;

export const listSharedResults = {
  id: 'listSharedResults',
  method: 'GET',
  path: `${SHARED}/results`,
  status: 200,
  ...forGuests,
  summary: 'The results that the link shows, in the order of their rows.',
  query: RowPageQuery,
  response: z.object({ results: z.array(SharedResult), nextAfter: z.int().nullable() }),
} satisfies OperationContract;

export const listSharedComments = {
  id: 'listSharedComments',
  method: 'GET',
  path: `${SHARED}/results/:row/comments`,
  status: 200,
  ...forGuests,
  summary: 'What guests of this link said about a result, and what was answered to it, oldest first.',
  response: z.object({ comments: z.array(ReviewComment) }),
} satisfies OperationContract;

export const addSharedComment = {
  id: 'addSharedComment',
  method: 'POST',
  path: `${SHARED}/results/:row/comments`,
  status: 201,
  ...forGuests,
  summary: 'Comment on a result, on a frame and at a place if they are named, or answer a comment, where the link allows it.',
  body: AddComment,
  response: ReviewComment,
} satisfies OperationContract;
