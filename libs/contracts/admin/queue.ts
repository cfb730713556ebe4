import { z } from 'zod';
import { When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const MAX_HOURS = 14 * 24;

const QueueQuery = z.object({
  poolClass: z.string().min(1).max(100),
  hours: z.coerce.number().int().min(1).max(MAX_HOURS).default(6),
  tier: z.enum(SERVICE_TIERS).optional(),
  tenantId: z.uuid().optional(),
});
export type QueueQuery = z.infer<typeof QueueQuery>;

const Queue = { tenantId: z.uuid(), tenantName: z.string(), serviceTier: z.string() };

export const getQueue = {
  id: 'getQueue',
  method: 'GET',
  path: '/api/v1/operations/queue',
  status: 200,
  scope: 'platform:read',
  summary: 'What waits and how long starts have waited, by tenant and tier, from figures that are kept as it happens.',
  query: QueueQuery,
  response: z.object({
    depths: z.array(
      z.object({
        ...Queue,
        queued: z.int(),
        isAtLeast: z.boolean().meta({ description: 'There are more: nobody counts further.' }),
        countedAt: When,
      }),
    ),
    waits: z.array(z.object({ ...Queue, starts: z.int(), p50S: z.number(), p95S: z.number(), p99S: z.number() })),
    stepS: z.int(),
    from: When.meta({ description: 'When the first step begins.' }),
    boundsS: z.array(z.number()).meta({ description: 'Upper ends of the buckets but the last.' }),
    steps: z.array(z.array(z.int())).meta({ description: 'Starts of each step by the bucket of their wait.' }),
  }),
} satisfies OperationContract;
