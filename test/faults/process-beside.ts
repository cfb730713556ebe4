import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { enableRoles } from '#infra/local/database-roles';
import { originOf } from '#infra/local/environment';
import { freePort } from '#infra/local/free-port';
import { processSpecs } from '#infra/local/processes';
import { secretsOf } from '#infra/local/secrets';
import type { HeldAnswers } from '#test/faults/held-answers';
import type { JourneyPlatform } from '#test/journeys/journey-platform';

export interface ProcessBeside {
  /** Of the API, if it is one. */
  origin: string;
  /** Without a chance to end in order. Resolves once it is gone. */
  kill(): Promise<void>;
}

/** One more process of a platform, as the platform starts them, whose answers from Postgres can be held back. Nobody starts it again. */
export async function startBeside(
  { platform: { run }, homeDir }: JourneyPlatform,
  name: 'api' | 'generation-worker',
  answers: HeldAnswers,
): Promise<ProcessBeside> {
  const secrets = await secretsOf(homeDir);
  const roles = await enableRoles(run.postgres, secrets);
  const apiPort = await freePort();
  const specs = await processSpecs({
    homeDir,
    apiPort,
    servers: { databaseUrl: run.postgres, redisUrl: run.redis, temporalAddress: run.temporal, ...roles },
    secrets,
    schedulerPorts: run.schedulers.map((url) => Number(new URL(url).port)),
    traceEndpoint: run.otlp,
    overrides: {
      HALOGEN_REFERENCE_MODE: 'instant',
      DATABASE_API_URL: answers.through(roles.databaseApiUrl),
      DATABASE_CONTROL_URL: answers.through(roles.databaseControlUrl),
    },
  });
  const { command, args, env, cwd } = specs.find((spec) => spec.name === name)!;
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`${name} ended with code ${code} before it served`);
    }),
  ]);
  return {
    origin: originOf(apiPort),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
