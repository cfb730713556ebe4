import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '#platform/database/migrate';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const owner = `owner_${randomBytes(4).toString('hex')}`;
let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await testDatabase(); // makes sure that the roles exist
  admin = new pg.Client({ connectionString: process.env.HALOGEN_TEST_DATABASE_URL });
  await admin.connect();
  // As if it had made the roles itself.
  await admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'test-only'`);
  await admin.query(
    `GRANT halogen_api, halogen_control, halogen_guest, halogen_lookup, halogen_sign_in TO ${owner} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );
  await admin.query(`CREATE DATABASE ${owner} OWNER ${owner}`);
});
afterAll(async () => {
  await admin.query(`DROP DATABASE IF EXISTS ${owner} WITH (FORCE)`);
  await admin.query(`DROP OWNED BY ${owner}`);
  await admin.query(`DROP ROLE ${owner}`);
  await admin.end();
  await database.drop();
});

it('needs no superuser: an owner that may create roles is enough, and a second run changes nothing', async () => {
  const url = new URL(database.ownerUrl);
  url.username = owner;
  url.password = 'test-only';
  url.pathname = `/${owner}`;
  await migrate(url.href);
  await migrate(url.href);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query(`SELECT proowner::regrole::text AS owner FROM pg_proc WHERE proname = 'api_key_of'`);
  await client.end();
  expect(rows).toEqual([{ owner: 'halogen_lookup' }]);
});
