import { z } from 'zod';
import { TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';

const PoolClass = z.string().min(1).max(100);
const MAX_RECALLS_LISTED = 200;

const RecallsQuery = z.object({
  poolClass: PoolClass,
  limit: z.coerce.number().int().min(1).max(MAX_RECALLS_LISTED).default(50),
  before: z.iso.datetime({ offset: true }).optional().meta({ description: 'Of the last recall of the page before.' }),
});
export type RecallsQuery = z.infer<typeof RecallsQuery>;

export const listRecalls = {
  id: 'listRecalls',
  method: 'GET',
  path: '/api/v1/operations/recalls',
  status: 200,
  scope: 'platform:read',
  summary: 'Who recalled lanes from whom in the last two weeks, newest first, and what work that lost.',
  query: RecallsQuery,
  response: z.object({
    recalls: z.array(
      z.object({
        recalledAt: When,
        ownerId: z.uuid(),
        ownerName: z.string(),
        tenantId: z.uuid(),
        tenantName: z.string(),
        generationId: z.uuid(),
        nodeId: z.string(),
        lanes: z.int(),
        lostLaneMs: z.int().meta({ description: 'Time on lanes since the last checkpoint.' }),
      }),
    ),
  }),
} satisfies OperationContract;

const LendingQuery = z.object({
  poolClass: PoolClass,
  limit: z.coerce.number().int().min(1).max(MAX_RECALLS_LISTED).default(50),
  before: z.iso.date().optional().meta({ description: 'Only days before this one, in UTC; all if absent.' }),
});
export type LendingQuery = z.infer<typeof LendingQuery>;

export const listLending = {
  id: 'listLending',
  method: 'GET',
  path: '/api/v1/operations/lending',
  status: 200,
  scope: 'platform:read',
  summary: 'Who lent lanes to whom, by day of the last 400, newest first.',
  query: LendingQuery,
  response: z.object({
    days: z.array(
      z.object({
        day: z.iso.date(),
        lenderId: z.uuid(),
        lenderName: z.string(),
        borrowerId: z.uuid(),
        borrowerName: z.string(),
        laneMinutes: z
          .number()
          .meta({ description: 'A lane for a minute is one; of all that a tenant borrows, each lender has the part that it lends.' }),
      }),
    ),
  }),
} satisfies OperationContract;

const MissesQuery = TenantQuery.extend({ poolClass: PoolClass, month: z.string().regex(/^2\d{3}-(0[1-9]|1[0-2])$/) });
export type MissesQuery = z.infer<typeof MissesQuery>;

export const listGuaranteeMisses = {
  id: 'listGuaranteeMisses',
  method: 'GET',
  path: '/api/v1/capacity/guarantee/misses',
  status: 200,
  scope: 'capacity:read',
  summary: `Starts of a closed month that came more than a second later than on a private partition, oldest first. ${TENANT_PARAMETER}`,
  query: MissesQuery,
  response: z.object({
    misses: z.array(z.object({ generationId: z.uuid(), queuedAt: When, dueAt: When, startedAt: When, lateMs: z.int() })),
  }),
} satisfies OperationContract;
