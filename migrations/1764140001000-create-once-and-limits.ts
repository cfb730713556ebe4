import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers that a re-sent create must find again, and the limits of API keys with the slots that refusals have booked. */
const TABLES = {
  idempotency_keys: 'SELECT, INSERT',
  recent_creates: 'SELECT, INSERT, UPDATE (answers)',
  create_windows: 'SELECT, INSERT, UPDATE (slots_ms)',
  booked_slots: 'SELECT, INSERT, DELETE, UPDATE (promised_ms, told_ms)',
};

export class CreateOnceAndLimits1764140001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tenants ADD COLUMN limit_plan text NOT NULL DEFAULT 'scale'`);

    await runner.query('ALTER TABLE generations ADD COLUMN is_limited boolean NOT NULL DEFAULT false');
    await runner.query(
      `COMMENT ON COLUMN generations.is_limited IS 'Came by a key with limits: only such rows are in the index that unfinished ones are counted by.'`,
    );
    await runner.query(`
      CREATE INDEX generations_unfinished_of_key ON generations (tenant_id, api_key_id)
       WHERE is_limited AND state IN ('queued', 'admitted', 'running')`);

    await runner.query(`
      CREATE TABLE idempotency_keys (
        tenant_id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
        body_sha256 bytea NOT NULL,
        generation_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, api_key_id, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)');
    await runner.query(`
      CREATE TABLE recent_creates (
        tenant_id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        body_sha256 bytea NOT NULL,
        generation_id uuid NOT NULL,
        answers smallint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, generation_id)
      )`);
    await runner.query('CREATE INDEX recent_creates_of_body ON recent_creates (tenant_id, api_key_id, body_sha256, created_at)');
    await runner.query('CREATE INDEX recent_creates_by_age ON recent_creates (created_at)');
    await runner.query(`
      CREATE TABLE create_windows (
        tenant_id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        family text NOT NULL,
        slots_ms bigint[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (tenant_id, api_key_id, family)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE booked_slots (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        family text NOT NULL,
        body_sha256 bytea NOT NULL,
        promised_ms bigint NOT NULL,
        told_ms bigint NOT NULL,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX booked_slots_of_window ON booked_slots (tenant_id, api_key_id, family, promised_ms)');
    await runner.query('CREATE INDEX booked_slots_by_age ON booked_slots (promised_ms)');
    for (const [table, rights] of Object.entries(TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api
          USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_control`);
      await runner.query(`GRANT DELETE ON ${table} TO halogen_control`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TABLES)) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP INDEX generations_unfinished_of_key');
    await runner.query('ALTER TABLE generations DROP COLUMN is_limited');
    await runner.query('ALTER TABLE tenants DROP COLUMN limit_plan');
  }
}
