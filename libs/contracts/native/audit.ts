import { z } from 'zod';
import { TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';

const MAX_ENTRIES = 1_000;

const AuditEntry = z
  .object({
    id: z.uuid(),
    at: When,
    actor: z.object({
      kind: z.enum(['api_key', 'person', 'setup_link', 'directory', 'guest', 'system']),
      id: z.string(),
      tenantId: z.uuid(),
    }),
    action: z.string(),
    targetId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    sequence: z.string().nullable().meta({ description: 'Place in the tenant’s chain; null for the seconds until it is sealed.' }),
    hash: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditQuery = TenantQuery.extend({
  after: z
    .uuid()
    .optional()
    .meta({ description: 'Id of the last entry of the page before; of an archive, its header x-halogen-next-cursor.' }),
  order: z.enum(['oldest', 'newest']).default('oldest'),
  action: z.string().min(1).max(60).optional().meta({ description: 'An action, or a family such as `key.*`.' }),
  actor: z.string().min(1).max(100).optional().meta({ description: 'Id of the API key or member that acted.' }),
  from: When.optional(),
  to: When.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_ENTRIES).default(100),
  format: z.enum(['json', 'jsonl', 'csv']).default('json'),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

export const listAuditLog = {
  id: 'listAuditLog',
  method: 'GET',
  path: '/api/v1/audit',
  status: 200,
  scope: 'audit:read',
  summary:
    'Who did what to keys, members, projects, plan and money, oldest first unless asked otherwise; as JSON lines or CSV for an archive.',
  query: AuditQuery,
  response: z.object({ entries: z.array(AuditEntry) }),
  mediaTypes: ['application/jsonl', 'text/csv'],
} satisfies OperationContract;
