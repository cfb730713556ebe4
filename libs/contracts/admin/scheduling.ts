import { z } from 'zod';
import { When } from '#contracts/native/common';
import { GenerationMeters } from '#contracts/native/generations';
import type { OperationContract } from '#contracts/operation';
import { RuleFinding } from '#contracts/queues/wait-questions';
import { MAX_PRIORITY, MIN_PRIORITY } from '#core/generations/limits';

const ROOT = '/api/v1/operations';
const PoolClass = z.string().min(1).max(100);
const Reason = z.string().trim().min(1).max(500);

const exactlyOne = ({ tenantId, poolClass }: { tenantId?: string; poolClass?: string }) =>
  (tenantId === undefined) !== (poolClass === undefined);
const ONE_TARGET = 'name either tenantId or poolClass';

const Target = z.strictObject({ tenantId: z.uuid().optional(), poolClass: PoolClass.optional() });
const MAX_PAUSE_MINUTES = 30 * 24 * 60;
const PauseBody = Target.extend({
  reason: Reason,
  minutes: z
    .int()
    .min(1)
    .max(MAX_PAUSE_MINUTES)
    .optional()
    .meta({ description: 'After which it ends by itself; until it is lifted if absent.' }),
}).refine(exactlyOne, ONE_TARGET);
export type PauseBody = z.infer<typeof PauseBody>;
const ResumeBody = Target.refine(exactlyOne, ONE_TARGET);
export type ResumeBody = z.infer<typeof ResumeBody>;

const PriorityBody = z.strictObject({ tenantId: z.uuid(), priority: z.int().min(MIN_PRIORITY).max(MAX_PRIORITY) });
export type PriorityBody = z.infer<typeof PriorityBody>;
const MoveBody = z.strictObject({ tenantId: z.uuid(), poolClass: PoolClass });
export type MoveBody = z.infer<typeof MoveBody>;

export const pauseScheduling = {
  id: 'pauseScheduling',
  method: 'POST',
  path: `${ROOT}/pauses`,
  status: 204,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Let nothing new of a tenant, or of a pool class, start. What runs goes on.',
  body: PauseBody,
} satisfies OperationContract;

export const resumeScheduling = {
  id: 'resumeScheduling',
  method: 'POST',
  path: `${ROOT}/pauses/lift`,
  status: 204,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Lift a pause.',
  body: ResumeBody,
} satisfies OperationContract;

export const listPauses = {
  id: 'listPauses',
  method: 'GET',
  path: `${ROOT}/pauses`,
  status: 200,
  scope: 'platform:read',
  summary: 'What is paused, oldest first.',
  response: z.object({
    pauses: z.array(
      z.object({
        tenantId: z.uuid().nullable(),
        poolClass: z.string().nullable(),
        reason: z.string(),
        pausedAt: When,
        endsAt: When.nullable(),
      }),
    ),
  }),
} satisfies OperationContract;

export const reprioritizeGeneration = {
  id: 'reprioritizeGeneration',
  method: 'POST',
  path: `${ROOT}/generations/:id/priority`,
  status: 204,
  scope: 'platform:operate',
  summary: 'Give a queued generation another priority among its tenant’s own work.',
  body: PriorityBody,
} satisfies OperationContract;

export const moveGeneration = {
  id: 'moveGeneration',
  method: 'POST',
  path: `${ROOT}/generations/:id/move`,
  status: 204,
  scope: 'platform:operate',
  summary: 'Move a queued generation to another pool class.',
  body: MoveBody,
} satisfies OperationContract;

const MAX_MINUTES = 7 * 24 * 60;
const StuckQuery = z.object({ minutes: z.coerce.number().int().min(0).max(MAX_MINUTES).default(10) });
export type StuckQuery = z.infer<typeof StuckQuery>;

export const listStuck = {
  id: 'listStuck',
  method: 'GET',
  path: `${ROOT}/stuck`,
  status: 200,
  scope: 'platform:read',
  summary: 'Leases that do not go on, and generations that have waited for more than `minutes`, with why.',
  query: StuckQuery,
  response: z.object({
    stuck: z.array(
      z.object({
        tenantId: z.uuid(),
        generationId: z.uuid(),
        poolClass: z.string(),
        serviceTier: z.string(),
        state: z.string(),
        since: When,
        reason: z.enum([
          'lanes_not_freed',
          'lease_without_run',
          'past_its_limit',
          'tenant_paused',
          'pool_paused',
          'no_leader',
          'no_node',
          'waits_for_lanes',
        ]),
        nodeId: z.string().nullable(),
      }),
    ),
  }),
} satisfies OperationContract;

const ExplainQuery = z.object({ tenantId: z.uuid() });
export type ExplainQuery = z.infer<typeof ExplainQuery>;

const ExplainedGeneration = GenerationMeters.extend({
  rules: z
    .object({ readAt: When, findings: z.array(RuleFinding) })
    .nullable()
    .meta({
      description: 'While it is queued: how each rule of the planner meets it, and what the rule read in the planner’s memory then.',
    }),
}).meta({ id: 'ExplainedGeneration' });
export type ExplainedGeneration = z.infer<typeof ExplainedGeneration>;

export const explainGeneration = {
  id: 'explainGeneration',
  method: 'GET',
  path: `${ROOT}/generations/:id`,
  status: 200,
  scope: 'platform:read',
  summary: 'What any tenant’s generation uses and waits for, and why: rule by rule of the planner.',
  query: ExplainQuery,
  response: ExplainedGeneration,
} satisfies OperationContract;
