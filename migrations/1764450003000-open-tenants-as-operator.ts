import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the platform's staff looked into a tenant, and why: for the tenant to see. */
export class OpenTenantsAsOperator1764450003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE operator_views (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        actor_id text NOT NULL,
        reason text NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        ends_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('ALTER TABLE operator_views ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE operator_views FORCE ROW LEVEL SECURITY');
    await runner.query(`
      CREATE POLICY of_tenant ON operator_views TO halogen_api
       USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`);
    await runner.query('GRANT SELECT, INSERT ON operator_views TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE operator_views');
  }
}
