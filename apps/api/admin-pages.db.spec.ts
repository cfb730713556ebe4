import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { MAX_COUNTED } from '#features/controls/limits';
import { QueueDepths } from '#features/queue-figures/queue-depths.service';
import { admitted, aNode, aTenant, someUnits } from '#testing/builders';

/** What waits when a page must still not notice. Written by one statement without triggers, in half a minute. */
const QUEUED = 1_000_000;
/** Generations that one statement of a page may touch, however many there are. */
const MAX_ROWS_READ = 2_000;
/** And one that counts what an operator's act would touch. */
const MAX_ROWS_COUNTED = 2 * MAX_COUNTED;
const HOOK_MS = 300_000;

let api: ApiUnderTest;
let auditor: string;
let tenantId: string;
let nodeId: string;
let reader: pg.Client;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  const customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  auditor = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.auditor);
  nodeId = await aNode(api.control, 4);
  await someUnits(api.control, tenantId, 'halo-1', 2);
  const { body } = await api.call(customer, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' });
  const columns = await api.control.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'generations'::regclass AND attnum > 0 AND NOT attisdropped
        AND attname NOT IN ('id', 'created_at') AND attgenerated = ''`,
  );
  const rest = columns.map(({ name }) => name).join(', ');
  const owner = new pg.Client({ connectionString: api.database.ownerUrl });
  await owner.connect();
  await owner.query('SET session_replication_role = replica'); // rows alone: no triggers, no foreign keys
  await owner.query(
    `INSERT INTO generations (id, created_at, ${rest})
     SELECT uuidv7(), now() - at * interval '1 second', ${rest} FROM generations, generate_series(1, ${QUEUED}) AS at WHERE id = $1`,
    [body.id],
  );
  await api.control.query(`INSERT INTO live_lanes VALUES ('halo-1', 1, 1, '[]', '', now())`);
  await admitted(api.control, { tenantId, id: body.id }, `${nodeId}/0`);
  await api.call(auditor, 'POST', `/api/v1/operations/tenants/${tenantId}/views`, { reason: 'A test' });
  await new QueueDepths(api.control).count();
  await owner.query('VACUUM ANALYZE generations');
  await owner.end();
  reader = new pg.Client({ connectionString: api.database.apiUrl });
  await reader.connect();
  await reader.query('SET max_parallel_workers_per_gather = 0'); // what a helper read would be in no count of ours
}, HOOK_MS);
afterAll(async () => {
  await reader?.end();
  await api.stop();
});

/** What the pages of operators ask for when they are opened. */
const PAGES: Readonly<Record<string, () => string[]>> = {
  live: () => ['/api/v1/capacity', '/api/v1/capacity/lanes?poolClass=halo-1', '/api/v1/capacity/lane-use?poolClass=halo-1'],
  queue: () => ['/api/v1/operations/stuck?minutes=0', '/api/v1/operations/queue?poolClass=halo-1', '/api/v1/tenants?limit=100'],
  nodes: () => ['/api/v1/operations/nodes?poolClass=halo-1', `/api/v1/operations/nodes/${nodeId}`],
  guarantee: () => [
    '/api/v1/operations/recalls?poolClass=halo-1',
    '/api/v1/operations/lending?poolClass=halo-1',
    `/api/v1/capacity/guarantee?tenant=${tenantId}`,
    `/api/v1/capacity/guarantee/misses?poolClass=halo-1&month=2026-10&tenant=${tenantId}`,
  ],
  'order book': () => ['/api/v1/capacity/calendar?poolClass=halo-1', '/api/v1/capacity/cuts', `/api/v1/commitments?tenant=${tenantId}`],
  tenants: () => ['/api/v1/tenants', `/api/v1/operations/tenants/${tenantId}`],
  'what-if': () => ['/api/v1/simulations'],
  controls: () => [
    '/api/v1/operations/pauses',
    '/api/v1/operations/switches',
    '/api/v1/operations/proposals',
    '/api/v1/audit?order=newest&limit=25',
  ],
};

interface Statement {
  text: string;
  values: unknown[];
}

/** Every statement of these calls, as it is sent. */
async function statementsOf(urls: readonly string[]): Promise<Statement[]> {
  const statements: Statement[] = [];
  const query = pg.Client.prototype.query as (...given: unknown[]) => unknown;
  const record = function (this: pg.Client, ...given: [string | Statement, unknown[]?]) {
    const [config, values = []] = given;
    statements.push(typeof config === 'string' ? { text: config, values } : { text: config.text, values: config.values });
    return query.apply(this, given);
  };
  pg.Client.prototype.query = record as unknown as typeof pg.Client.prototype.query;
  try {
    for (const url of urls) expect([url, (await api.call(auditor, 'GET', url)).status]).toEqual([url, 200]);
  } finally {
    pg.Client.prototype.query = query as typeof pg.Client.prototype.query;
  }
  return statements.filter(({ text }) => /^\s*(SELECT|WITH|\()/.test(text) && !text.includes('set_config'));
}

/** What a statement reads of the generations, within functions too: the server counts rows of the table and entries of its indexes. */
async function rowsReadBy({ text, values }: Statement): Promise<number> {
  await reader.query('BEGIN');
  try {
    await reader.query(`SELECT set_config('halogen.tenants', $1, true)`, [`{${tenantId}}`]);
    const before = await rowsRead();
    await reader.query({ text, values });
    return (await rowsRead()) - before;
  } finally {
    await reader.query('ROLLBACK');
  }
}

/** By this connection: the server adds it up over transactions until it has time to tell others. */
async function rowsRead(): Promise<number> {
  const { rows } = await reader.query<{ rows: number }>(
    `SELECT sum(pg_stat_get_xact_tuples_returned(oid))::int AS rows FROM pg_class
      WHERE oid = 'generations'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'generations'::regclass)`,
  );
  return rows[0]?.rows ?? 0;
}

it.each(Object.keys(PAGES))('%s counts and scans nothing that waits: each statement reads a bounded number of rows', async (page) => {
  const statements = await statementsOf((PAGES[page] as () => string[])());
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) {
    expect(await rowsReadBy(statement), statement.text).toBeLessThan(MAX_ROWS_READ);
  }
});

it.each([
  ['submits', 'all', null],
  ['submits', 'tenant', 'a tenant'],
  ['submits', 'pool', 'halo-1'],
  ['submits', 'model', 'photon-1'],
  ['webhooks', 'all', null],
  ['ingestion', 'all', null],
])('counting what stopping %s of %s would touch reads to a bound', async (...stop) => {
  const text = 'SELECT * FROM touched_by($1, $2, $3, $4)';
  expect(await rowsReadBy({ text, values: [...stop, MAX_COUNTED] })).toBeLessThanOrEqual(MAX_ROWS_COUNTED);
});

it('would see a scan', async () => {
  expect(await rowsReadBy({ text: 'SELECT count(*) FROM generations', values: [] })).toBeGreaterThan(QUEUED);
});
