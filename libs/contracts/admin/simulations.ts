import { z } from 'zod';
import { When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MAX_UNITS } from '#core/capacity/limits';

const ROOT = '/api/v1/simulations';
const MAX_CHANGES = 20;
const MAX_NODES = 1_000;
const MAX_LANES_PER_NODE = 2_000;
const MAX_WEIGHT = 1_000;
const Name = z.string().min(1).max(100);

const Change = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('add_nodes'),
    siteId: Name,
    nodes: z.int().min(1).max(MAX_NODES),
    lanesPerNode: z.int().min(1).max(MAX_LANES_PER_NODE),
  }),
  z.strictObject({ change: z.literal('lose_node'), nodeId: Name }),
  z.strictObject({ change: z.literal('lose_site'), siteId: Name }),
  z.strictObject({ change: z.literal('sell_units'), tenantId: z.uuid(), units: z.int().min(1).max(MAX_UNITS) }),
  z.strictObject({ change: z.literal('set_share'), tenantId: z.uuid(), weight: z.number().min(0.001).max(MAX_WEIGHT) }),
]);

const AskWhatIf = z.strictObject({ poolClass: Name, changes: z.array(Change).min(1).max(MAX_CHANGES) }).meta({ id: 'AskWhatIf' });
export type AskWhatIf = z.infer<typeof AskWhatIf>;

const Figures = z
  .object({
    lanes: z.int(),
    sold_units: z.int(),
    ded_le_1s_pct: z.number(),
    entitled_le_1s_pct: z.number(),
    lag_max_s: z.number(),
    work_conserving_pct: z.number(),
    recalls: z.int(),
    lost_pct: z.number(),
    light_wait_p99_s: z.number(),
    wait_p50_s: z.number(),
    wait_p99_s: z.number(),
    jain: z.number(),
    model_miss_pct: z.number(),
    unserved: z.int(),
    eta_p50_coverage_pct: z.number(),
    eta_p90_coverage_pct: z.number(),
    eta_error_ratio: z.number(),
  })
  .meta({ id: 'SimulationFigures', description: 'Named and counted as by `npm run simulate`.' });

const Simulation = z
  .object({
    id: z.uuid(),
    poolClass: z.string(),
    changes: z.array(Change),
    askedAt: When,
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    progress: z.number().meta({ description: '0 to 1.' }),
    result: z
      .object({
        before: Figures,
        after: Figures,
        jobs: z.int(),
        from: When.meta({ description: 'What was asked for since then is replayed: a day, or less of a busy one.' }),
        to: When,
      })
      .nullable(),
    failure: z.string().nullable(),
  })
  .meta({ id: 'Simulation' });

export const askWhatIf = {
  id: 'askWhatIf',
  method: 'POST',
  path: ROOT,
  status: 202,
  scope: 'platform:operate',
  summary: 'Replay the last day of a pool class through the real planner, as it was and with other nodes, units or shares.',
  body: AskWhatIf,
  response: Simulation,
} satisfies OperationContract;

export const listSimulations = {
  id: 'listSimulations',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'platform:read',
  summary: 'What was asked, newest first, with the answers.',
  response: z.object({ simulations: z.array(Simulation) }),
} satisfies OperationContract;

export const getSimulation = {
  id: 'getSimulation',
  method: 'GET',
  path: `${ROOT}/:id`,
  status: 200,
  scope: 'platform:read',
  summary: 'How far it is, and its answer.',
  response: Simulation,
} satisfies OperationContract;

export const streamSimulation = {
  id: 'streamSimulation',
  method: 'GET',
  path: `${ROOT}/:id/events`,
  status: 200,
  scope: 'platform:read',
  summary: 'The same as server-sent events, whenever it changes until it is done.',
  mediaTypes: ['text/event-stream'],
} satisfies OperationContract;
