import { z } from 'zod';
import { When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { NODE_FAILURES } from '#core/capacity/node-failures';
import { NODE_STATES } from '#core/capacity/node-state';

const ROOT = '/api/v1/operations/nodes';
const MAX_NODES_LISTED = 200;
const Name = z.string().min(1).max(100);

const Node = z
  .object({
    nodeId: z.string(),
    siteId: z.string(),
    poolClass: z.string(),
    state: z.enum(NODE_STATES),
    isRevoked: z.boolean(),
    lastHeardAt: When.nullable(),
    residentModels: z.array(z.string()),
    lanes: z.int(),
    jobs: z.int(),
    lanesInUse: z.int(),
    failures: z
      .array(z.object({ cause: z.enum(NODE_FAILURES), leases: z.int() }))
      .meta({ description: 'Leases that were lost there, or failed, in the last 24 hours.' }),
  })
  .meta({ id: 'Node' });

const NodesQuery = z.object({
  poolClass: Name,
  site: Name.optional(),
  state: z.enum(NODE_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_NODES_LISTED).default(50),
  after: Name.optional().meta({ description: 'Id of the last node of the page before.' }),
});
export type NodesQuery = z.infer<typeof NodesQuery>;

const NodeReason = z.strictObject({ reason: z.string().trim().min(1).max(500) });
export type NodeReason = z.infer<typeof NodeReason>;

export const listNodes = {
  id: 'listNodes',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'platform:read',
  summary: 'Nodes of a pool class, by id: their state, what they run and have loaded, and what failed on them.',
  query: NodesQuery,
  response: z.object({ nodes: z.array(Node) }),
} satisfies OperationContract;

export const getNode = {
  id: 'getNode',
  method: 'GET',
  path: `${ROOT}/:nodeId`,
  status: 200,
  scope: 'platform:read',
  summary: 'One node, the jobs on it, and when it would be empty if it got no more.',
  response: z.object({
    node: Node,
    emptyAt: When.nullable().meta({ description: 'The latest expected end of its jobs; null when it has none.' }),
    jobs: z.array(
      z.object({
        tenantId: z.uuid(),
        tenantName: z.string(),
        generationId: z.uuid(),
        model: z.string(),
        serviceTier: z.string(),
        servedFrom: z.string(),
        lanes: z.int(),
        state: z.string(),
        admittedAt: When,
        beganAt: When.nullable(),
        expectedEndAt: When,
        isEnded: z.boolean().meta({ description: 'It has ended, and its node has not freed the lanes yet.' }),
      }),
    ),
  }),
} satisfies OperationContract;

const act = { method: 'POST', status: 204, scope: 'platform:operate', body: NodeReason } as const;

export const cordonNode = {
  ...act,
  id: 'cordonNode',
  path: `${ROOT}/:nodeId/cordon`,
  summary: 'Let nothing new start on a node. Its jobs run on to their end.',
} satisfies OperationContract;

export const drainNode = {
  ...act,
  id: 'drainNode',
  path: `${ROOT}/:nodeId/drain`,
  stepUp: true,
  summary: 'Empty a node now: its jobs are taken back and go on elsewhere after their last checkpoint.',
} satisfies OperationContract;

export const uncordonNode = {
  ...act,
  id: 'uncordonNode',
  path: `${ROOT}/:nodeId/uncordon`,
  summary: 'Put a node back into service.',
} satisfies OperationContract;
