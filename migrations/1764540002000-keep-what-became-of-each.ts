import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANTS = '(SELECT halogen_tenants())::uuid[]';

/** Of a cancellation of many: what became of each generation, until the cancellation itself is forgotten. */
export class KeepWhatBecameOfEach1764540002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE cancellation_rows (
        tenant_id uuid NOT NULL,
        cancellation_id uuid NOT NULL,
        place integer NOT NULL,
        generation_id uuid NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('cancelled', 'ended_before', 'not_there')),
        PRIMARY KEY (tenant_id, cancellation_id, place),
        FOREIGN KEY (tenant_id, cancellation_id) REFERENCES cancellations (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query(`COMMENT ON COLUMN cancellation_rows.place IS 'From 1, in the order in which they were cancelled.'`);
    await runner.query('ALTER TABLE cancellation_rows ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE cancellation_rows FORCE ROW LEVEL SECURITY');
    await runner.query(`CREATE POLICY of_tenant ON cancellation_rows FOR SELECT TO halogen_api USING (tenant_id = ANY (${TENANTS}))`);
    await runner.query('CREATE POLICY of_control ON cancellation_rows TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT ON cancellation_rows TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, DELETE ON cancellation_rows TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE cancellation_rows');
  }
}
