import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  apiEnvironment,
  backgroundWorkerEnvironment,
  generationWorkerEnvironment,
  type Installation,
  laneAgentEnvironment,
  schedulerEnvironment,
} from '#infra/local/environment';
import { freePort } from '#infra/local/free-port';
import { LEAN_NODE } from '#infra/local/lean-node';
import { NODE_IDS } from '#infra/local/secrets';
import type { ProcessSpec } from '#infra/local/supervisor';

interface Process {
  name: string;
  /** Unique where several processes share a name. */
  instance?: string;
  /** Compiled, below dist/. */
  entry: string;
  nodeArguments?: readonly string[];
  env(installation: Installation, healthPort: number): NodeJS.ProcessEnv;
}

/** In the order of their start; the end is the other way round, so that agents hand back their lanes while a scheduler still listens. */
const PROCESSES: Process[] = [
  { name: 'api', entry: 'apps/api/main.js', nodeArguments: LEAN_NODE, env: apiEnvironment },
  ...[0, 1].map((index) => ({
    name: 'scheduler',
    instance: `scheduler-${index + 1}`,
    entry: 'apps/scheduler/main.js',
    env: (installation: Installation, healthPort: number) =>
      schedulerEnvironment(installation, installation.schedulerPorts[index]!, healthPort),
  })),
  { name: 'generation-worker', entry: 'apps/generation-worker/main.js', env: generationWorkerEnvironment },
  { name: 'background-worker', entry: 'apps/background-worker/main.js', nodeArguments: LEAN_NODE, env: backgroundWorkerEnvironment },
  ...NODE_IDS.map((nodeId) => ({
    name: 'lane-agent',
    instance: `lane-agent-${nodeId}`,
    entry: 'apps/lane-agent/main.js',
    env: (installation: Installation, healthPort: number) => laneAgentEnvironment(installation, nodeId, healthPort),
  })),
];

export const SCHEDULERS = PROCESSES.filter(({ name }) => name === 'scheduler').length;

const TELEMETRY = 'libs/platform/telemetry/start.js';
/** What Node has compiled, so that the next start does not compile it again: a third of a process's start. One file a module, overwritten. */
const COMPILED_CODE = '.compiled-code';

/** The processes of Halogen, ready to be started. */
export async function processSpecs(installation: Installation): Promise<ProcessSpec[]> {
  const dist = compiledFolder();
  const telemetry = join(dist, TELEMETRY);
  const preload = existsSync(telemetry) ? ['--import', telemetry] : [];
  return Promise.all(
    PROCESSES.map(async ({ name, instance = name, entry, nodeArguments = [], env }) => ({
      name,
      instance,
      command: process.execPath,
      args: [...nodeArguments, '--enable-source-maps', ...preload, join(dist, entry)],
      env: { NODE_COMPILE_CACHE: join(dist, COMPILED_CODE), ...env(installation, await freePort([installation.apiPort])) },
      cwd: installation.homeDir,
      ready: 'message' as const,
      stopSignal: 'SIGTERM' as const,
      reapSignal: 'SIGKILL' as const, // their supervisor is gone without a word: so may they be
      echoErrors: true,
    })),
  );
}

/** dist/, also when this file itself runs from source in a test. */
export function compiledFolder(): string {
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url));
}
