import { z } from 'zod';
import { Name, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MAX_SHARE_DAYS, SHARE_ACCESSES, SHARE_LINK_STATES, SHARED_RESULTS, USUAL_SHARE_DAYS } from '#core/review/share-link';

const Access = z.enum(SHARE_ACCESSES).meta({ description: 'Whether guests may comment, or only look.' });
const Results = z.enum(SHARED_RESULTS).meta({ description: 'Which completed rows guests are shown.' });

const ShareLink = z
  .object({
    id: z.uuid(),
    name: z.string(),
    access: Access,
    results: Results,
    state: z.enum(SHARE_LINK_STATES),
    createdBy: z.string().meta({ description: 'Id of the member or API key that made it.' }),
    createdAt: When,
    expiresAt: When,
  })
  .meta({ id: 'ShareLink' });
export type ShareLink = z.infer<typeof ShareLink>;

export const CreateShareLink = z.strictObject({
  name: Name.meta({ description: 'For whom it is.' }),
  access: Access.default('comment'),
  results: Results.default('approved'),
  days: z.int().min(1).max(MAX_SHARE_DAYS).default(USUAL_SHARE_DAYS),
});
export type CreateShareLink = z.infer<typeof CreateShareLink>;

const LINKS = '/api/v1/batches/:id/share-links';

export const createShareLink = {
  id: 'createShareLink',
  method: 'POST',
  path: LINKS,
  status: 201,
  scope: 'generations:write',
  summary:
    'Make a link by which guests see results of a batch without an account. It is shown this once, and works until it expires or is revoked.',
  body: CreateShareLink,
  response: ShareLink.extend({ url: z.string() }),
} satisfies OperationContract;

export const listShareLinks = {
  id: 'listShareLinks',
  method: 'GET',
  path: LINKS,
  status: 200,
  scope: 'generations:read',
  summary: 'Share links of a batch and who opened them, newest first, at most a hundred.',
  response: z.object({ links: z.array(ShareLink.extend({ guests: z.array(z.object({ name: z.string(), openedAt: When })) })) }),
} satisfies OperationContract;

export const revokeShareLink = {
  id: 'revokeShareLink',
  method: 'DELETE',
  path: `${LINKS}/:link`,
  status: 204,
  scope: 'generations:write',
  summary: 'Revoke a share link: its guests see nothing from then on. What they said stays.',
} satisfies OperationContract;
