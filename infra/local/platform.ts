import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { enableRoles, type RoleUrls } from '#infra/local/database-roles';
import { type Installation, LANES_PER_NODE, originOf, schedulerUrl } from '#infra/local/environment';
import { freePort, isFree } from '#infra/local/free-port';
import { type HomeLock, lockHome } from '#infra/local/home-lock';
import { type OtlpReceiver, startOtlpReceiver } from '#infra/local/otlp-receiver';
import { processSpecs, SCHEDULERS } from '#infra/local/processes';
import { type RunJson, runFilePath, writeRunFile } from '#infra/local/run-file';
import { type PersonName, type Secrets, secretsOf } from '#infra/local/secrets';
import { SEEDED_PEOPLE, seed } from '#infra/local/seed';
import { type ServerAddresses, startServers } from '#infra/local/servers/start-servers';
import { Supervisor } from '#infra/local/supervisor';
import { migrate } from '#platform/database/migrate';

export interface PlatformOptions {
  /** Data, secrets, logs and run.json. Made if missing. */
  homeDir: string;
  /** Of the API; a free one if not given. */
  port?: number;
  /** Servers that run already. With the URLs of the roles, their passwords are left alone. */
  servers?: ServerAddresses & Partial<RoleUrls>;
  /** Added to the environment of every process of Halogen. */
  env?: NodeJS.ProcessEnv;
  /** Prints nothing. */
  quiet?: boolean;
  /** Gives up the start: what runs by then is ended, and the promise rejects. */
  signal?: AbortSignal;
}

export interface Platform {
  /** As it is now: pids change with every restart. */
  readonly run: RunJson;
  readonly otlp: OtlpReceiver;
  /** Ends all processes of this name in an orderly way and starts them again. Resolves once they serve. */
  restart(name: string): Promise<void>;
  /** Ends all processes, or the server, of this name and leaves it so until `resume`. */
  halt(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Living processes of this name: a name of the process table, or `postgres`, `redis`, `temporal` if we started them. */
  pidsOf(name: string): number[];
  stop(): Promise<void>;
}

/** Starts all of Halogen on this machine. Resolves once every process serves and run.json says so; on failure nothing is left behind. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const homeDir = resolve(options.homeDir);
  const report = options.quiet ? () => {} : (line: string) => console.log(line);
  await mkdir(homeDir, { recursive: true, mode: 0o700 });
  const lock = await lockHome(homeDir, report);
  await rm(runFilePath(homeDir), { force: true }); // what a run before this one wrote
  const supervisor = new Supervisor({ logFolder: resolve(homeDir, 'logs'), report });
  lock.noteReaper(supervisor.reaperIdentity());
  const otlp = await startOtlpReceiver();
  const stop = async () => {
    lock.noteEnding();
    await supervisor.stop();
    await otlp.close();
    lock.release();
  };
  try {
    const start = bringUp(homeDir, supervisor, otlp, options, report);
    start.catch(() => {}); // after an interruption nobody waits for it any more
    const installation = await Promise.race([start, interruption(options.signal)]);
    return await announce(installation, supervisor, otlp, lock, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  homeDir: string,
  supervisor: Supervisor,
  otlp: OtlpReceiver,
  options: PlatformOptions,
  report: (line: string) => void,
): Promise<Installation> {
  const apiPort = await portFor(options.port);
  const installation: Installation = {
    ...(await prepare(homeDir, apiPort, supervisor, options, report)),
    homeDir,
    apiPort,
    schedulerPorts: await Promise.all(Array.from({ length: SCHEDULERS }, () => freePort([apiPort]))),
    traceEndpoint: otlp.url,
    overrides: options.env ?? {},
  };
  report('starting the processes');
  await startAll(await processSpecs(installation), supervisor);
  return installation;
}

function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(new Error('interrupted while starting')), { once: true }),
  );
}

async function portFor(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return freePort();
  if (await isFree(wanted)) return wanted;
  throw new Error(`port ${wanted} of 127.0.0.1 is taken. Choose another with --port`);
}

/** Servers, migrations, tenants. */
async function prepare(
  homeDir: string,
  apiPort: number,
  supervisor: Supervisor,
  { servers: given }: PlatformOptions,
  report: (line: string) => void,
): Promise<{ servers: ServerAddresses & RoleUrls; secrets: Secrets }> {
  if (!given) report('starting Postgres, Redis and Temporal');
  const servers = given ?? (await startServers({ homeDir, supervisor, report, keepFree: [apiPort] }));
  report('migrating the database');
  await migrate(servers.databaseUrl);
  const secrets = await secretsOf(homeDir);
  const { databaseApiUrl, databaseControlUrl, databaseLoaderUrl } = given ?? {};
  const roles =
    databaseApiUrl && databaseControlUrl && databaseLoaderUrl
      ? { databaseApiUrl, databaseControlUrl, databaseLoaderUrl }
      : await enableRoles(servers.databaseUrl, secrets);
  await seed({ controlUrl: roles.databaseControlUrl, secrets, lanesPerNode: LANES_PER_NODE });
  return { servers: { ...servers, ...roles }, secrets };
}

/** All at the same time; when one fails, the others are first waited for, so that they can be ended. */
async function startAll(specs: Awaited<ReturnType<typeof processSpecs>>, supervisor: Supervisor): Promise<void> {
  const outcomes = await Promise.allSettled(specs.map((spec) => supervisor.start(spec)));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}

async function announce(
  { homeDir, apiPort, servers, secrets, schedulerPorts }: Installation,
  supervisor: Supervisor,
  otlp: OtlpReceiver,
  lock: HomeLock,
  stop: () => Promise<void>,
): Promise<Platform> {
  const signInOf = (name: PersonName) => {
    const { email, path } = SEEDED_PEOPLE[name];
    return { url: `${originOf(apiPort)}${path}`, email, password: secrets.passwords[name] };
  };
  const run = (): RunJson => ({
    api: originOf(apiPort),
    temporal: servers.temporalAddress,
    postgres: servers.databaseUrl,
    redis: servers.redisUrl,
    schedulers: schedulerPorts.map(schedulerUrl),
    otlp: otlp.url,
    pids: { parent: [process.pid], ...supervisor.pids() },
    keys: secrets.keys,
    signIn: { owner: signInOf('owner'), operator: signInOf('operator'), secondOperator: signInOf('secondOperator') },
  });
  let written = writeRunFile(homeDir, run());
  await written;
  supervisor.on('change', () => {
    lock.noteReaper(supervisor.reaperIdentity());
    written = written.then(() => writeRunFile(homeDir, run())).catch(() => {}); // the home itself was removed
  });
  return {
    get run() {
      return run();
    },
    otlp,
    restart: (name) => supervisor.restart(name),
    halt: (name) => supervisor.halt(name),
    resume: (name) => supervisor.resume(name),
    pidsOf: (name) => supervisor.pidsOf(name),
    stop: async () => {
      await stop();
      await written;
      await rm(runFilePath(homeDir), { force: true }); // nothing runs: nobody shall look for it there
    },
  };
}
