import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatabaseUnavailable } from '#platform/database/failures';
import { HotPool } from '#platform/database/hot-pool';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let pool: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  pool = new HotPool({ url: database.controlUrl, applicationName: 'test-hot-pool', maxConnections: 1 });
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

const INSERT = 'INSERT INTO tenants (id, name) VALUES ($1, $2)';

it('commits the last statement with what came before it', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  await pool.transaction('two', [], async (tx) => {
    await tx.query(INSERT, [first, 'first']);
    tx.last('insert tenant', INSERT, [second, 'second']);
  });
  expect(await namesOf(first, second)).toEqual(['first', 'second']);
});

it('answers the rows of its last statements, in the order in which they were asked for, once they are committed', async () => {
  const id = randomUUID();
  const { inserted, counted } = await pool.transaction('told', [], async (tx) => ({
    inserted: tx.last<{ name: string }>('insert and tell', `${INSERT} RETURNING name`, [id, 'told']),
    counted: tx.last<{ count: number }>('count', 'SELECT count(*)::int AS count FROM tenants WHERE id = $1', [id]),
  }));
  expect(await inserted).toEqual([{ name: 'told' }]);
  expect(await counted).toEqual([{ count: 1 }]);
});

it('commits nothing when the last statement fails, and the connection goes on', async () => {
  const id = randomUUID();
  const failing = pool.transaction('twice the same', [], async (tx) => {
    await tx.query(INSERT, [id, 'first']);
    tx.last('insert tenant', INSERT, [id, 'second']);
  });
  await expect(failing).rejects.toMatchObject({ code: '23505' });
  expect(await namesOf(id)).toEqual([]);
});

it('commits nothing when the work throws, whatever its last statement was to be', async () => {
  const id = randomUUID();
  const failing = pool.transaction('thrown', [], async (tx) => {
    tx.last('insert tenant', INSERT, [id, 'never']);
    throw new Error('changed its mind');
  });
  await expect(failing).rejects.toThrow('changed its mind');
  expect(await namesOf(id)).toEqual([]);
});

it.each([
  { last: true, error: 'current transaction is aborted' },
  { last: false, error: 'nothing was committed' },
])('never takes for committed what an unheard failure undid (with a last statement: $last)', async ({ last, error }) => {
  const id = randomUUID();
  const failing = pool.transaction('unheard', [], async (tx) => {
    await tx.query(INSERT, [id, 'first']);
    await tx.query('SELECT 1 / 0').catch(() => {});
    if (last) tx.last('insert tenant', INSERT, [randomUUID(), 'second']);
  });
  await expect(failing).rejects.toThrow(error);
  expect(await namesOf(id)).toEqual([]);
});

it('tells that the server ended the connection, and opens another', async () => {
  const failing = pool.transaction('ended', [], async (tx) => {
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  await expect(failing).rejects.toBeInstanceOf(DatabaseUnavailable);
  expect(await pool.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

async function namesOf(...ids: string[]): Promise<string[]> {
  const rows = await pool.query<{ name: string }>('SELECT name FROM tenants WHERE id = ANY ($1::uuid[]) ORDER BY name', [ids]);
  return rows.map(({ name }) => name);
}
