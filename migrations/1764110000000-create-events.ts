import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that a tenant may be told of: written in the fact's transaction, kept as the log that webhooks replay from. */
export class CreateEvents1764110000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE events (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        type text NOT NULL,
        data jsonb NOT NULL,
        project_id uuid,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('ALTER TABLE events ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE events FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON events TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('CREATE POLICY of_control ON events TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT, INSERT ON events TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, DELETE ON events TO halogen_control');

    await runner.query('ALTER TABLE outbox ALTER COLUMN generation_id DROP NOT NULL');
    await runner.query('ALTER TABLE outbox ADD COLUMN event_id uuid');
    await runner.query('ALTER TABLE outbox ADD CONSTRAINT outbox_is_about_something CHECK (num_nonnulls(generation_id, event_id) > 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox DROP CONSTRAINT outbox_is_about_something, DROP COLUMN event_id');
    await runner.query('DELETE FROM outbox WHERE generation_id IS NULL');
    await runner.query('ALTER TABLE outbox ALTER COLUMN generation_id SET NOT NULL');
    await runner.query('DROP TABLE events');
  }
}
