import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What plans cost in money, a row each period and upgrade: written with the grant it pays for, never changed. */
export class RecordPlanCharges1764210001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE plan_charges (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        plan text NOT NULL CHECK (plan IN ('plus', 'pro', 'ultra')),
        usd_cents integer NOT NULL CHECK (usd_cents > 0),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(
      'CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_charges FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
    );
    await runner.query('ALTER TABLE plan_charges ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE plan_charges FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON plan_charges TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('CREATE POLICY of_control ON plan_charges TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT, INSERT ON plan_charges TO halogen_api, halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE plan_charges');
  }
}
