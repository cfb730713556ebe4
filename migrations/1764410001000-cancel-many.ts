import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANTS = '(SELECT halogen_tenants())::uuid[]';

/** Jobs that cancel what somebody chose, or all that matched a filter when they asked. The API asks, the background worker does it. */
export class CancelMany1764410001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE cancellations (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        filter jsonb,
        generation_ids uuid[],
        expected_count integer NOT NULL CHECK (expected_count >= 0),
        is_exact boolean NOT NULL,
        cursor text,
        cancelled_count integer NOT NULL DEFAULT 0,
        ended_before_count integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        CHECK ((filter IS NULL) <> (generation_ids IS NULL))
      )`);
    await runner.query(`COMMENT ON COLUMN cancellations.cursor IS 'Where the next page of what matches begins; null before the first'`);
    await runner.query('CREATE INDEX cancellations_open ON cancellations (created_at) WHERE finished_at IS NULL');
    await runner.query('CREATE INDEX cancellations_done ON cancellations (finished_at) WHERE finished_at IS NOT NULL');
    await runner.query('ALTER TABLE cancellations ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE cancellations FORCE ROW LEVEL SECURITY');
    await runner.query(
      `CREATE POLICY of_tenant ON cancellations TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
    );
    await runner.query('CREATE POLICY of_control ON cancellations TO halogen_control USING (true)');
    await runner.query('GRANT SELECT, INSERT ON cancellations TO halogen_api');
    await runner.query('GRANT SELECT, DELETE ON cancellations TO halogen_control');
    await runner.query('GRANT UPDATE (cursor, cancelled_count, ended_before_count, finished_at) ON cancellations TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE cancellations');
  }
}
