import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which plan a tenant has, and from when the next one. What a plan grants is code; what was granted are grants. */
export class CreatePlans1764110003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenant_plans (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        plan text NOT NULL CHECK (plan IN ('free', 'plus', 'pro', 'ultra')),
        since timestamptz NOT NULL,
        next_plan text CHECK (next_plan IN ('free', 'plus', 'pro', 'ultra')),
        next_at timestamptz,
        granted_until timestamptz NOT NULL DEFAULT '-infinity',
        CHECK ((next_plan IS NULL) = (next_at IS NULL))
      )`);
    await runner.query(
      `COMMENT ON COLUMN tenant_plans.granted_until IS 'End of the last period that was granted: the job looks at it alone.'`,
    );
    await runner.query('ALTER TABLE tenant_plans ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE tenant_plans FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON tenant_plans TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('CREATE POLICY of_control ON tenant_plans TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON tenant_plans TO halogen_api');
    await runner.query('GRANT SELECT, UPDATE ON tenant_plans TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tenant_plans');
  }
}
