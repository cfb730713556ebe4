import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Read once a statement: written plainly, a policy would read the list again for every row. */
const TENANTS = '(SELECT halogen_tenants())::uuid[]';

/**
 * Bulk requests: one row a batch with its progress, one row an input that was refused, and on each generation the batch and row it came from.
 * A loader role of its own writes a batch's rows: row-level security lets it see the one tenant whose batch it loads.
 */
export class CreateBatches1764160000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      BEGIN
        CREATE ROLE halogen_loader NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END
      $$`);
    await runner.query('GRANT USAGE ON SCHEMA public TO halogen_loader');
    await runner.query(`
      CREATE TABLE batches (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        project_id uuid,
        name text CHECK (char_length(name) <= 200),
        state text NOT NULL CHECK (state IN ('receiving', 'validating', 'running', 'paused', 'completed', 'cancelled', 'failed')),
        state_reason text,
        options jsonb NOT NULL,
        is_dry_run boolean NOT NULL DEFAULT false,
        source_format text NOT NULL CHECK (source_format IN ('ndjson', 'csv', 'none')),
        source_is_gzip boolean NOT NULL DEFAULT false,
        source_key text,
        source_bytes bigint,
        source_sha256 bytea CHECK (octet_length(source_sha256) = 32),
        work text CHECK (work IN ('load', 'hold', 'unhold', 'cancel', 'retry')),
        work_row integer NOT NULL DEFAULT 0,
        work_attempts smallint NOT NULL DEFAULT 0,
        worker_until timestamptz,
        committed_chunk integer NOT NULL DEFAULT 0,
        committed_row integer NOT NULL DEFAULT 0,
        accepted_rows integer NOT NULL DEFAULT 0,
        refused_rows integer NOT NULL DEFAULT 0,
        completed_rows integer NOT NULL DEFAULT 0,
        failed_rows integer NOT NULL DEFAULT 0,
        cancelled_rows integer NOT NULL DEFAULT 0,
        price_micro bigint NOT NULL DEFAULT 0,
        burn_lane_ms bigint NOT NULL DEFAULT 0,
        missing_micro bigint NOT NULL DEFAULT 0,
        sheets integer NOT NULL DEFAULT 0,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        loaded_at timestamptz,
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      COMMENT ON COLUMN batches.work IS 'What the background worker still has to do to the rows, from row work_row on; it holds the batch until worker_until'`);
    await runner.query(`
      COMMENT ON COLUMN batches.committed_row IS 'Watermark: every row up to this one is a generation or an error, in the transaction that moved it'`);
    await runner.query('CREATE INDEX batches_newest ON batches (tenant_id, created_at DESC, id DESC)');
    await runner.query('CREATE INDEX batches_at_work ON batches (worker_until) WHERE work IS NOT NULL');
    await runner.query(`CREATE INDEX batches_running ON batches (state) WHERE finished_at IS NULL`);
    await runner.query(`
      CREATE TABLE batch_errors (
        tenant_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        row_number integer NOT NULL,
        line integer NOT NULL,
        field text,
        reason text NOT NULL,
        PRIMARY KEY (tenant_id, batch_id, row_number)
      )`);

    // No foreign key: its share locks on one batch row for a million rows would cost more than they prove.
    await runner.query(`
      ALTER TABLE generations
        ADD COLUMN batch_id uuid,
        ADD COLUMN row_number integer CHECK (row_number > 0),
        ADD COLUMN row_sha256 bytea,
        ADD COLUMN is_held boolean NOT NULL DEFAULT false`);
    await runner.query(
      `COMMENT ON COLUMN generations.row_number IS 'Row of the batch. Null on one that failed and was asked for again: another generation is the row now'`,
    );
    await runner.query(`COMMENT ON COLUMN generations.is_held IS 'Queued and paid for, but not to be admitted: its batch is paused'`);
    await runner.query('CREATE UNIQUE INDEX generations_once_per_row ON generations (batch_id, row_number) WHERE batch_id IS NOT NULL');
    await runner.query('DROP INDEX generations_queue_heads');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, service_tier, priority DESC, created_at, id)
        WHERE state = 'queued' AND NOT is_held`);

    await runner.query('ALTER TABLE transfers ADD COLUMN batch_id uuid, ADD COLUMN chunk integer');
    await runner.query('CREATE UNIQUE INDEX transfers_once_per_chunk ON transfers (batch_id, chunk, code, leg) WHERE batch_id IS NOT NULL');
    await runner.query('ALTER TABLE outbox ADD COLUMN batch_id uuid, ADD COLUMN chunk integer, ADD COLUMN leg smallint');
    await runner.query('ALTER TABLE outbox DROP CONSTRAINT outbox_is_about_something');
    await runner.query(
      'ALTER TABLE outbox ADD CONSTRAINT outbox_is_about_something CHECK (num_nonnulls(generation_id, event_id, batch_id) > 0)',
    );
    await runner.query('CREATE UNIQUE INDEX outbox_once_per_chunk ON outbox (batch_id, chunk, leg) WHERE batch_id IS NOT NULL');

    for (const table of ['batches', 'batch_errors']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
    }
    await runner.query('GRANT SELECT, INSERT, UPDATE ON batches TO halogen_api, halogen_control');
    await runner.query('GRANT SELECT ON batch_errors TO halogen_api, halogen_control');
    await runner.query('GRANT UPDATE (is_held) ON generations TO halogen_api');

    const loaderRights = {
      batches: 'SELECT, UPDATE',
      batch_errors: 'SELECT, INSERT',
      generations: 'SELECT, INSERT, UPDATE (state, finished_at, failure_reason, is_held, row_number)',
      grants: 'SELECT',
      accounts: 'SELECT, UPDATE (balance_micro)',
      transfers: 'SELECT, INSERT',
      resolutions: 'SELECT, INSERT',
      leases: 'SELECT, UPDATE (ended_at, end_reason)',
      outbox: 'INSERT',
      events: 'SELECT, INSERT',
    };
    for (const [table, rights] of Object.entries(loaderRights)) {
      await runner.query(
        `CREATE POLICY of_loader ON ${table} TO halogen_loader USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_loader`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['generations', 'grants', 'accounts', 'transfers', 'resolutions', 'leases', 'outbox', 'events']) {
      await runner.query(`DROP POLICY of_loader ON ${table}`);
      await runner.query(`REVOKE ALL ON ${table} FROM halogen_loader`);
    }
    await runner.query('DROP INDEX outbox_once_per_chunk, transfers_once_per_chunk, generations_once_per_row, generations_queue_heads');
    await runner.query('DELETE FROM outbox WHERE num_nonnulls(generation_id, event_id) = 0');
    await runner.query('ALTER TABLE outbox DROP COLUMN batch_id, DROP COLUMN chunk, DROP COLUMN leg');
    await runner.query('ALTER TABLE outbox ADD CONSTRAINT outbox_is_about_something CHECK (num_nonnulls(generation_id, event_id) > 0)');
    await runner.query('ALTER TABLE transfers DROP COLUMN batch_id, DROP COLUMN chunk');
    await runner.query('ALTER TABLE generations DROP COLUMN batch_id, DROP COLUMN row_number, DROP COLUMN row_sha256, DROP COLUMN is_held');
    await runner.query(
      `CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, service_tier, priority DESC, created_at, id) WHERE state = 'queued'`,
    );
    await runner.query('DROP TABLE batch_errors');
    await runner.query('DROP TABLE batches');
    await runner.query('REVOKE USAGE ON SCHEMA public FROM halogen_loader');
  }
}
