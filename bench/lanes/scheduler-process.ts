import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext } from '#bench/bench';
import type { BenchDatabase } from '#bench/database';
import { freePort } from '#infra/local/free-port';
import { compiledFolder } from '#infra/local/processes';

export interface SchedulerProcess {
  /** Where agents connect. */
  url: string;
  rssMb(): Promise<number>;
}

/** A scheduler as it runs in earnest: a process of its own, traced. */
export async function startScheduler(
  { supervisor, homeDir }: Pick<BenchContext, 'supervisor' | 'homeDir'>,
  database: BenchDatabase,
  { name, traceEndpoint }: { name: string; traceEndpoint: string },
): Promise<SchedulerProcess> {
  const port = await freePort();
  const url = `ws://127.0.0.1:${port}/lanes`;
  const dist = compiledFolder();
  const profile = process.env.HALOGEN_BENCH_PROFILE_DIR;
  await supervisor.start({
    name,
    instance: name,
    command: process.execPath,
    args: [
      ...(profile ? ['--cpu-prof', '--cpu-prof-dir', profile] : []),
      '--enable-source-maps',
      '--import',
      join(dist, 'libs/platform/telemetry/start.js'),
      join(dist, 'apps/scheduler/main.js'),
    ],
    cwd: homeDir,
    ready: 'message',
    stopSignal: 'SIGTERM',
    reapSignal: 'SIGKILL',
    echoErrors: true,
    env: {
      PATH: process.env.PATH,
      OTEL_SERVICE_NAME: 'halogen-scheduler',
      HALOGEN_TRACE_ENDPOINT: traceEndpoint,
      DATABASE_CONTROL_URL: database.databaseControlUrl,
      HALOGEN_SCHEDULER_PORT: String(port),
      HALOGEN_SCHEDULER_URL: url,
    },
  });
  return {
    url,
    rssMb: async () => {
      const [pid] = supervisor.pidsOf(name);
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    },
  };
}
