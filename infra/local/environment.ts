import { join } from 'node:path';
import type { RoleUrls } from '#infra/local/database-roles';
import { type NodeId, type Secrets } from '#infra/local/secrets';
import type { ServerAddresses } from '#infra/local/servers/start-servers';
import { TEMPORAL_NAMESPACE } from '#infra/local/servers/temporal';

/** What the environment of every process is made from. */
export interface Installation {
  homeDir: string;
  apiPort: number;
  servers: ServerAddresses & RoleUrls;
  secrets: Secrets;
  schedulerPorts: number[];
  /** `http://127.0.0.1:PORT` of our own trace receiver. */
  traceEndpoint: string;
  /** Set or replaced for every process; undefined removes. */
  overrides: NodeJS.ProcessEnv;
}

export const LANES_PER_NODE = 2;
const MODELS = 'ray-2,ray-flash-2,ray-1-6,photon-1,photon-flash-1';
/** Callbacks to, and reference media from, programs on this machine; everything else private stays forbidden. */
const OUTBOUND_ALLOW = '127.0.0.0/8';

/** Of our own environment only these reach a process: it gets its own credentials and nobody else's. */
const INHERITED =
  /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|LOG_LEVEL|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|HALOGEN_REFERENCE_MODE|HALOGEN_OUTBOUND_DNS|HALOGEN_WEBHOOK_TIME_SCALE|OTEL_\w+)$/;

export function apiEnvironment(installation: Installation): NodeJS.ProcessEnv {
  const { servers, secrets, apiPort, homeDir } = installation;
  return environment(installation, 'halogen-api', {
    DATABASE_API_URL: servers.databaseApiUrl,
    HALOGEN_PORT: String(apiPort),
    HALOGEN_PUBLIC_ORIGIN: originOf(apiPort),
    HALOGEN_STORAGE_DIR: storageOf(homeDir),
    ...bucketOf(process.env),
    HALOGEN_ASSET_SIGNING_SECRET: secrets.assetSigningSecret,
    HALOGEN_ENCRYPTION_KEYS: secrets.encryptionKeys,
    HALOGEN_OUTBOUND_ALLOW: process.env.HALOGEN_OUTBOUND_ALLOW ?? OUTBOUND_ALLOW,
  });
}

export function schedulerEnvironment(installation: Installation, port: number, healthPort: number): NodeJS.ProcessEnv {
  return environment(installation, 'halogen-scheduler', {
    DATABASE_CONTROL_URL: installation.servers.databaseControlUrl,
    HALOGEN_SCHEDULER_PORT: String(port),
    HALOGEN_SCHEDULER_URL: schedulerUrl(port),
    HALOGEN_HEALTH_PORT: String(healthPort),
  });
}

export function generationWorkerEnvironment(installation: Installation, healthPort: number): NodeJS.ProcessEnv {
  const { servers, homeDir } = installation;
  return environment(installation, 'halogen-generation-worker', {
    DATABASE_CONTROL_URL: servers.databaseControlUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_NAMESPACE,
    HALOGEN_STORAGE_DIR: storageOf(homeDir),
    HALOGEN_OUTBOUND_ALLOW: process.env.HALOGEN_OUTBOUND_ALLOW ?? OUTBOUND_ALLOW,
    ...bucketOf(process.env),
    HALOGEN_HEALTH_PORT: String(healthPort),
  });
}

export function backgroundWorkerEnvironment(installation: Installation, healthPort: number): NodeJS.ProcessEnv {
  const { servers, secrets, apiPort, homeDir } = installation;
  return environment(installation, 'halogen-background-worker', {
    DATABASE_CONTROL_URL: servers.databaseControlUrl,
    DATABASE_LOADER_URL: servers.databaseLoaderUrl,
    HALOGEN_PUBLIC_ORIGIN: originOf(apiPort),
    HALOGEN_STORAGE_DIR: storageOf(homeDir),
    ...bucketOf(process.env),
    HALOGEN_ASSET_SIGNING_SECRET: secrets.assetSigningSecret, // callbacks carry asset URLs
    HALOGEN_ENCRYPTION_KEYS: secrets.encryptionKeys, // webhooks are signed with what the API encrypted
    HALOGEN_OUTBOUND_ALLOW: process.env.HALOGEN_OUTBOUND_ALLOW ?? OUTBOUND_ALLOW,
    HALOGEN_HEALTH_PORT: String(healthPort),
  });
}

/** Another trust zone: no database, no storage, no signing secret. */
export function laneAgentEnvironment(installation: Installation, nodeId: NodeId, healthPort: number): NodeJS.ProcessEnv {
  const { servers, secrets, apiPort, schedulerPorts, homeDir } = installation;
  return environment(installation, 'halogen-lane-agent', {
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_NAMESPACE,
    HALOGEN_SCHEDULER_URLS: schedulerPorts.map(schedulerUrl).join(','),
    HALOGEN_NODE_ID: nodeId,
    HALOGEN_NODE_TOKEN: secrets.nodes[nodeId],
    HALOGEN_API_ORIGIN: originOf(apiPort),
    HALOGEN_AGENT_DIR: join(homeDir, 'agents'),
    HALOGEN_LANES: String(LANES_PER_NODE),
    HALOGEN_MODELS: MODELS,
    HALOGEN_HEALTH_PORT: String(healthPort),
  });
}

export function originOf(apiPort: number): string {
  return `http://127.0.0.1:${apiPort}`;
}

export function schedulerUrl(port: number): string {
  return `ws://127.0.0.1:${port}/lanes`;
}

/** A bucket instead of the folder. Not inherited by all: an agent never gets its credentials. */
function bucketOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('HALOGEN_S3_')));
}

function storageOf(homeDir: string): string {
  return join(homeDir, 'storage');
}

function environment({ traceEndpoint, overrides }: Installation, serviceName: string, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  return {
    ...Object.fromEntries(inherited),
    OTEL_SERVICE_NAME: serviceName,
    HALOGEN_TRACE_ENDPOINT: traceEndpoint,
    ...own,
    ...overrides,
  };
}
