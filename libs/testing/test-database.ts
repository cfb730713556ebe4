import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrate } from '#platform/database/migrate';

export interface TestDatabase {
  ownerUrl: string;
  apiUrl: string;
  controlUrl: string;
  loaderUrl: string;
  drop(): Promise<void>;
}

/** Advisory lock under which the migrated template is made once for all test files of a run. */
const TEMPLATE_LOCK = 4_207_311;
const ROLE_PASSWORD = 'test-only';

/** A fresh, migrated database of the test run's Postgres, made from a template that is migrated once per set of migrations. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.HALOGEN_TEST_DATABASE_URL;
  if (!serverUrl) throw new Error('HALOGEN_TEST_DATABASE_URL is not set: run the tests by `npm test`, which starts the servers');
  const name = `halogen_test_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    const template = `halogen_template_${await migrationsFingerprint()}`;
    await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (!rowCount) await makeTemplate(admin, serverUrl, template);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    await admin.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  } finally {
    await admin.end();
  }
  return {
    ownerUrl: urlOf(serverUrl, name),
    apiUrl: urlOf(serverUrl, name, 'halogen_api'),
    controlUrl: urlOf(serverUrl, name, 'halogen_control'),
    loaderUrl: urlOf(serverUrl, name, 'halogen_loader'),
    drop: () => dropDatabase(serverUrl, name),
  };
}

async function makeTemplate(admin: pg.Client, serverUrl: string, template: string): Promise<void> {
  const unfinished = `${template}_new`;
  await admin.query(`DROP DATABASE IF EXISTS ${unfinished}`);
  await admin.query(`CREATE DATABASE ${unfinished}`);
  await migrate(urlOf(serverUrl, unfinished));
  for (const role of ['halogen_api', 'halogen_control', 'halogen_loader'])
    await admin.query(`ALTER ROLE ${role} LOGIN PASSWORD '${ROLE_PASSWORD}'`);
  await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
}

async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.end();
}

async function migrationsFingerprint(): Promise<string> {
  const folder = new URL('../../migrations/', import.meta.url);
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort()) hash.update(file).update(await readFile(new URL(file, folder)));
  return hash.digest('hex').slice(0, 12);
}

function urlOf(serverUrl: string, database: string, role?: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (role) {
    url.username = role;
    url.password = ROLE_PASSWORD;
  }
  return url.href;
}
