import { z } from 'zod';
import { TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { ERASURE_RULES } from '#core/retention/retention';

const MAX_ERASURES = 1_000;

const Erasure = z
  .object({
    id: z.uuid(),
    subject: z.enum(['generation', 'batch']),
    subjectId: z.uuid(),
    projectId: z.uuid().nullable(),
    rule: z.enum(ERASURE_RULES),
    retentionDays: z.int().nullable().meta({ description: 'Of its project when it was erased; null for what the customer deleted.' }),
    finishedAt: When,
    requestSha256: z.string().meta({ description: 'Of seed, prompt, request and recipe as they were kept.' }),
    objects: z.array(z.object({ key: z.string(), bytes: z.number(), sha256: z.string().nullable() })),
    deletedAt: When.meta({ description: 'From then on nothing of it was shown.' }),
    objectsDeletedAt: When.nullable().meta({ description: 'From then on nothing of it was stored; null for the moments between.' }),
  })
  .meta({ id: 'Erasure' });
export type Erasure = z.infer<typeof Erasure>;

export const ErasuresQuery = TenantQuery.extend({
  project: z.uuid().optional(),
  after: z.uuid().optional().meta({ description: 'Id of the last row of the page before.' }),
  limit: z.coerce.number().int().min(1).max(MAX_ERASURES).default(100),
});
export type ErasuresQuery = z.infer<typeof ErasuresQuery>;

export const listErasures = {
  id: 'listErasures',
  method: 'GET',
  path: '/api/v1/erasures',
  status: 200,
  scope: 'audit:read',
  summary: 'Proofs of what was erased by retention or because it was deleted: what, when, by which rule, with the hash of each object.',
  query: ErasuresQuery,
  response: z.object({ erasures: z.array(Erasure) }),
} satisfies OperationContract;
