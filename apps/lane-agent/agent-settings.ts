import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { API_PATIENCE_MS } from '#apps/lane-agent/limits';
import { ALONE_LIMIT_MS, GRACE_MS, HEARTBEAT_EVERY_MS } from '#contracts/lanes/messages';
import { readEnvironment } from '#platform/config/read-environment';

export interface AgentSettings {
  nodeId: string;
  nodeToken: string;
  poolClass: string;
  /** The node's lanes are `<nodeId>/0`, `<nodeId>/1`, … */
  laneCount: number;
  /** Resident in each lane from the start. */
  models: string[];
  backend: string;
  referenceMode: 'full' | 'instant';
  /** How long a recalled child may take to stop by itself. */
  graceMs: number;
  schedulerUrls: string[];
  heartbeatEveryMs: number;
  aloneLimitMs: number;
  apiOrigin: string;
  /** How long one attempt of a stage goes on asking an API that is away. */
  apiPatienceMs: number;
  temporalAddress: string;
  temporalNamespace: string;
  /** Where stages have their folders; each node has its own below it. */
  agentDir: string;
}

const commaList = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const AgentEnvironment = z.object({
  HALOGEN_NODE_ID: z.string().max(90),
  HALOGEN_NODE_TOKEN: z.string(),
  HALOGEN_POOL_CLASS: z.string().max(100).default('halo-1'),
  HALOGEN_LANES: z.coerce.number().int().min(1).max(1_024).default(1),
  HALOGEN_MODELS: z.string().default('').transform(commaList),
  HALOGEN_BACKEND: z.string().default('reference'),
  HALOGEN_REFERENCE_MODE: z.enum(['full', 'instant']).default('full'),
  HALOGEN_SCHEDULER_URLS: z.string().transform(commaList).pipe(z.array(z.url()).min(1)),
  HALOGEN_API_ORIGIN: z.url(),
  TEMPORAL_ADDRESS: z.string(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  HALOGEN_AGENT_DIR: z.string().default(join(tmpdir(), 'halogen-lane-agent')),
});

/** Throws EnvironmentError. */
export function readAgentSettings(env: NodeJS.ProcessEnv = process.env): AgentSettings {
  const environment = readEnvironment(AgentEnvironment, env);
  return {
    nodeId: environment.HALOGEN_NODE_ID,
    nodeToken: environment.HALOGEN_NODE_TOKEN,
    poolClass: environment.HALOGEN_POOL_CLASS,
    laneCount: environment.HALOGEN_LANES,
    models: environment.HALOGEN_MODELS,
    backend: environment.HALOGEN_BACKEND,
    referenceMode: environment.HALOGEN_REFERENCE_MODE,
    graceMs: GRACE_MS,
    schedulerUrls: environment.HALOGEN_SCHEDULER_URLS,
    heartbeatEveryMs: HEARTBEAT_EVERY_MS,
    aloneLimitMs: ALONE_LIMIT_MS,
    apiOrigin: environment.HALOGEN_API_ORIGIN,
    apiPatienceMs: API_PATIENCE_MS,
    temporalAddress: environment.TEMPORAL_ADDRESS,
    temporalNamespace: environment.TEMPORAL_NAMESPACE,
    agentDir: environment.HALOGEN_AGENT_DIR,
  };
}
