import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { BenchContext } from '#bench/bench';
import { cacheFolder } from '#infra/local/cache-folder';
import { enableRoles, type RoleUrls } from '#infra/local/database-roles';
import { type Secrets, secretsOf } from '#infra/local/secrets';
import { startPostgres } from '#infra/local/servers/postgres';
import { migrate } from '#platform/database/migrate';

export interface BenchDatabase extends RoleUrls, AsyncDisposable {
  ownerUrl: string;
  secrets: Secrets;
}

/** The address of a Postgres of this run's own, unless DATABASE_URL names one. Refuses a server that could lose commits. */
export async function benchPostgres({
  homeDir,
  supervisor,
  report,
}: Pick<BenchContext, 'homeDir' | 'supervisor' | 'report'>): Promise<string> {
  report('starting Postgres');
  const { address } = await startPostgres({ homeDir, supervisor, report: () => {}, cacheDir: cacheFolder() });
  await withOwner(address, async (owner) => {
    for (const setting of ['fsync', 'synchronous_commit']) {
      const { rows } = await owner.query(`SELECT current_setting('${setting}') AS value`);
      if (rows[0].value !== 'on') throw new Error(`${setting} is ${rows[0].value}: figures of commits that can be lost mean nothing`);
    }
  });
  return address;
}

/** A fresh, migrated database with its roles. */
export async function benchDatabase(serverUrl: string, { homeDir }: Pick<BenchContext, 'homeDir'>): Promise<BenchDatabase> {
  const name = newName();
  const ownerUrl = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await withOwner(serverUrl, (owner) => owner.query(`CREATE DATABASE ${name}`));
  await migrate(ownerUrl);
  const secrets = await secretsOf(homeDir);
  const roles = await enableRoles(ownerUrl, secrets);
  return { ownerUrl, secrets, ...roles, [Symbol.asyncDispose]: () => dropDatabase(serverUrl, name) };
}

/** A second one with the same rows. Nobody may be connected to the first. */
export async function copyOf(serverUrl: string, database: BenchDatabase): Promise<BenchDatabase> {
  const name = newName();
  const moved = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  await withOwner(serverUrl, (owner) => owner.query(`CREATE DATABASE ${name} TEMPLATE ${new URL(database.ownerUrl).pathname.slice(1)}`));
  return {
    ownerUrl: moved(database.ownerUrl),
    databaseApiUrl: moved(database.databaseApiUrl),
    databaseControlUrl: moved(database.databaseControlUrl),
    databaseLoaderUrl: moved(database.databaseLoaderUrl),
    secrets: database.secrets,
    [Symbol.asyncDispose]: () => dropDatabase(serverUrl, name),
  };
}

function newName(): string {
  return `halogen_bench_${randomBytes(6).toString('hex')}`;
}

function dropDatabase(serverUrl: string, name: string): Promise<void> {
  return withOwner(serverUrl, async (owner) => void (await owner.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)));
}

export async function withOwner<T>(url: string, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
