import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was erased of generations and batches, by which rule, with the hashes that prove what it was. Money, times and states stay. */
export class EraseWhatIsKeptNoLonger1764220000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN legal_hold boolean NOT NULL DEFAULT false');
    for (const table of ['generations', 'batches']) {
      await runner.query(`ALTER TABLE ${table} ADD COLUMN erased_at timestamptz`);
      await runner.query(`
        CREATE INDEX ${table}_to_erase ON ${table} (tenant_id, project_id, finished_at)
          WHERE finished_at IS NOT NULL AND erased_at IS NULL AND project_id IS NOT NULL`);
    }
    await runner.query(`
      CREATE INDEX generations_deleted ON generations (deleted_at) WHERE deleted_at IS NOT NULL AND finished_at IS NOT NULL AND erased_at IS NULL`);
    await runner.query(`
      CREATE TABLE erasures (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        subject text NOT NULL CHECK (subject IN ('generation', 'batch')),
        subject_id uuid NOT NULL,
        project_id uuid,
        rule text NOT NULL CHECK (rule IN ('project_retention', 'customer_deletion')),
        retention_days integer,
        finished_at timestamptz NOT NULL,
        request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
        objects jsonb NOT NULL,
        erased_at timestamptz NOT NULL,
        objects_deleted_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, subject, subject_id)
      )`);
    await runner.query(
      `COMMENT ON TABLE erasures IS 'Proof: rows only gain objects_deleted_at, once the storage says that nothing is left. Objects are listed with bytes and SHA-256'`,
    );
    await runner.query('CREATE INDEX erasures_unfinished ON erasures (erased_at) WHERE objects_deleted_at IS NULL');
    await runner.query('ALTER TABLE erasures ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE erasures FORCE ROW LEVEL SECURITY');
    await runner.query(
      `CREATE POLICY of_tenant ON erasures TO halogen_api USING (tenant_id = ANY (ARRAY(SELECT unnest(halogen_tenants()))))`,
    );
    await runner.query('CREATE POLICY of_control ON erasures TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT ON erasures TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, UPDATE (objects_deleted_at) ON erasures TO halogen_control');
    await runner.query('GRANT DELETE ON batch_errors TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE DELETE ON batch_errors FROM halogen_control');
    await runner.query('DROP TABLE erasures');
    await runner.query('DROP INDEX generations_deleted');
    for (const table of ['generations', 'batches']) {
      await runner.query(`DROP INDEX ${table}_to_erase`);
      await runner.query(`ALTER TABLE ${table} DROP COLUMN erased_at`);
    }
    await runner.query('ALTER TABLE projects DROP COLUMN legal_hold');
  }
}
