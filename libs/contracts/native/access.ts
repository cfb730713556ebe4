import { z } from 'zod';
import { PageQuery, TENANT_PARAMETER } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MEMBER_ROLES } from '#core/access/scopes';
import { REACHER_KINDS, WAY_REASONS } from '#core/access/ways';

/** Ways of one person, key or group that are told in one answer; the archive has all of them. */
export const MAX_WAYS_TOLD = 50;

const Way = z
  .object({
    tenantId: z.uuid(),
    tenantName: z.string(),
    projectId: z.uuid().nullable().meta({ description: 'Of an API key that belongs to one project.' }),
    projectName: z.string().nullable(),
    isEveryBrand: z.boolean().meta({ description: 'It is about each brand of the tenant, and not about the tenant itself.' }),
    role: z.enum(MEMBER_ROLES).nullable().meta({ description: 'Null for an API key whose scopes are those of no role.' }),
    scopes: z.array(z.string()).meta({ description: 'Of an API key without a role.' }),
    reason: z.enum(WAY_REASONS).meta({
      description:
        '`direct`: made so there. `group`: by groups of a directory. `usual_role`: the directory’s role for people without such a group. `agency`: what they may do in the agency they may do in its brands.',
    }),
    groups: z.array(z.string()),
  })
  .meta({ id: 'AccessWay' });
export type AccessWay = z.infer<typeof Way>;

const Reacher = z
  .object({
    id: z.uuid(),
    kind: z.enum(REACHER_KINDS),
    name: z.string(),
    detail: z.string().meta({ description: 'E-mail address of a person, first characters of a key, how many people a group has.' }),
    ways: z.array(Way),
    moreWays: z.int().meta({ description: `Memberships or roles beyond the first ${MAX_WAYS_TOLD}; the CSV has all of them.` }),
  })
  .meta({ id: 'Reacher' });
export type Reacher = z.infer<typeof Reacher>;

export const AccessQuery = PageQuery.extend({
  kind: z.enum(REACHER_KINDS).default('person'),
  project: z.uuid().optional().meta({ description: 'Who reaches this project of the tenant.' }),
  search: z.string().trim().min(1).max(120).optional().meta({ description: 'Part of a name or an e-mail address.' }),
  format: z.enum(['json', 'csv']).default('json'),
});
export type AccessQuery = z.infer<typeof AccessQuery>;

export const listAccess = {
  id: 'listAccess',
  method: 'GET',
  path: '/api/v1/access',
  status: 200,
  scope: 'members:read',
  summary: `Who can reach a tenant, its brands and projects, by which role and why; oldest first, as CSV for an archive. Keys need the scope keys:read besides, groups tenants:read. ${TENANT_PARAMETER}`,
  query: AccessQuery,
  response: z.object({
    access: z.array(Reacher),
    hasAgency: z
      .boolean()
      .meta({ description: 'People and keys of the agency reach this brand too; they are listed for the agency alone.' }),
  }),
  mediaTypes: ['text/csv'],
} satisfies OperationContract;
