import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitAll } from '#features/generations/submit-group';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let api: HotPool;
let control: HotPool;
let ours: string;
let theirs: string;

/** Every table with a tenant's rows. A new one has to be added here: the next test finds it. */
const TENANT_TABLES = [
  'accounts',
  'api_keys',
  'arrivals',
  'audit_heads',
  'audit_log',
  'audit_pending',
  'audit_seals',
  'batch_errors',
  'batches',
  'billing_details',
  'booked_slots',
  'cancellation_rows',
  'cancellations',
  'checkpoints',
  'commitment_charges',
  'commitment_cuts',
  'commitments',
  'create_windows',
  'deliveries',
  'directory_calls',
  'directory_group_members',
  'directory_groups',
  'directory_mappings',
  'directory_memberships',
  'directory_settings',
  'directory_tokens',
  'directory_users',
  'erasures',
  'events',
  'generations',
  'grants',
  'guarantee_misses',
  'guarantee_months',
  'idempotency_keys',
  'invoice_lines',
  'invoices',
  'lane_occupancies',
  'leases',
  'lending_days',
  'live_lane_slots',
  'member_passwords',
  'members',
  'operator_views',
  'outbox',
  'pending_sign_ins',
  'plan_charges',
  'projects',
  'queue_depths',
  'queue_waits',
  'recalls',
  'recent_creates',
  'resolutions',
  'review_comments',
  'row_reviews',
  'row_versions',
  'saved_views',
  'session_tenants',
  'setup_links',
  'share_guests',
  'share_links',
  'sign_in_connections',
  'sign_in_domains',
  'sign_in_tests',
  'spending_months',
  'staff',
  'tenant_pauses',
  'tenant_plans',
  'tenant_settings',
  'tenant_use',
  'transfers',
  'used_assertions',
  'utilization_minutes',
  'webhook_attempts',
  'webhook_deliveries',
  'webhook_endpoints',
  'webhook_secrets',
  'webhook_sequences',
];

beforeAll(async () => {
  database = await testDatabase();
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 4 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  ours = await aTenant(control, 100_000_000n);
  theirs = await aTenant(control, 100_000_000n);
  for (const tenantId of [ours, theirs]) {
    await api.transaction('submit', [tenantId], (tx) => submitAll(tx, [anImage(tenantId)], false));
  }
});
afterAll(async () => {
  await api.close();
  await control.close();
  await database.drop();
});

it('is forced on every table with a tenant, and no role of ours may bypass it', async () => {
  const tables = await control.query<{ relname: string; forced: boolean }>(
    `SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname`,
  );
  expect(tables).toEqual(TENANT_TABLES.map((relname) => ({ relname, forced: true })));
  const roles = await control.query(
    `SELECT rolname, rolbypassrls OR rolsuper AS bypasses FROM pg_roles WHERE rolname IN ('halogen_api', 'halogen_control', 'halogen_guest', 'halogen_loader', 'halogen_lookup', 'halogen_sign_in')
      ORDER BY rolname`,
  );
  expect(roles).toEqual(
    ['halogen_api', 'halogen_control', 'halogen_guest', 'halogen_loader', 'halogen_lookup', 'halogen_sign_in'].map((rolname) => ({
      rolname,
      bypasses: false,
    })),
  );
});

it('reads the tenants once a statement on the tables of grouped commands, not once a row', async () => {
  const perRow = await control.query(
    `SELECT tablename FROM pg_policies
      WHERE policyname = 'of_tenant' AND tablename IN ('grants', 'accounts', 'transfers', 'resolutions', 'generations', 'outbox')
        AND (qual NOT LIKE '%SELECT unnest(halogen_tenants())%' OR with_check NOT LIKE '%SELECT unnest(halogen_tenants())%')`,
  );
  expect(perRow).toEqual([]);
});

it('shows no rows without a tenant, also after one was set in an earlier transaction', async () => {
  await api.transaction('read', [ours], (tx) => tx.query('SELECT 1 FROM generations'));
  for (const table of ['tenants', 'generations', 'transfers', 'accounts', 'grants', 'resolutions', 'leases', 'checkpoints', 'deliveries']) {
    expect(await api.query(`SELECT 1 FROM ${table}`)).toEqual([]);
  }
});

it('shows a transaction its own tenants only', async () => {
  const seen = await api.transaction('read', [ours], (tx) => tx.query<{ tenant_id: string }>('SELECT tenant_id FROM generations'));
  expect(seen).toEqual([{ tenant_id: ours }]);
});

it('refuses to write a row of another tenant, and to move one there', async () => {
  await expect(api.transaction('write', [ours], (tx) => submitAll(tx, [anImage(theirs)], false))).resolves.toMatchObject([
    { refused: 'insufficient_credits' },
  ]);
  const writes = [
    `INSERT INTO outbox (consumer, topic, tenant_id, generation_id) VALUES ('scheduler', 'queued', '${theirs}', gen_random_uuid())`,
    `INSERT INTO transfers (tenant_id, debit_account_id, credit_account_id, amount_micro, code) VALUES ('${theirs}', gen_random_uuid(), gen_random_uuid(), 1, 'reserve')`,
  ];
  for (const sql of writes) {
    await expect(api.transaction('write', [ours], (tx) => tx.query(sql))).rejects.toThrow('row-level security');
  }
  const touched = await api.transaction('write', [ours], (tx) =>
    tx.query(`UPDATE accounts SET balance_micro = 0 WHERE tenant_id = '${theirs}' RETURNING 1`),
  );
  expect(touched).toEqual([]);
});

it('lets neither tenant of one group read the other’s rows through the other’s command', async () => {
  const outcomes = await api.transaction('submit', [ours, theirs], (tx) => submitAll(tx, [anImage(ours), anImage(theirs)], false));
  expect(outcomes.every((outcome) => 'createdAt' in outcome)).toBe(true);
  const rows = await control.query<{ tenant_id: string; debit_tenant: string }>(
    `SELECT t.tenant_id, a.tenant_id AS debit_tenant FROM transfers t JOIN accounts a ON a.id = t.debit_account_id WHERE t.code = 'reserve'`,
  );
  expect(rows.every(({ tenant_id, debit_tenant }) => tenant_id === debit_tenant)).toBe(true);
});

it('keeps hashes of keys, tokens and passwords from the API’s role, and people from every role but their own', async () => {
  await expect(api.query('SELECT secret_sha256 FROM api_keys')).rejects.toThrow('permission denied');
  await expect(api.query('SELECT token_sha256 FROM nodes')).rejects.toThrow('permission denied');
  for (const table of ['people', 'sessions', 'session_tenants', 'sign_in_tries', 'staff', 'member_passwords']) {
    for (const pool of table === 'staff' ? [api] : [api, control]) {
      await expect(pool.query(`SELECT * FROM ${table}`)).rejects.toThrow('permission denied');
    }
  }
  await expect(api.query('SELECT * FROM lane_occupancies')).rejects.toThrow('permission denied');
});
