import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A row that ends is told to the tenant's endpoints, also when it is cancelled with its batch: whoever ends it asks which of them want to know. */
export class LetLoadersTellEndpoints1764160002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE POLICY of_loader ON webhook_endpoints FOR SELECT TO halogen_loader
       USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`);
    await runner.query('GRANT SELECT (tenant_id, id, disabled_at, disabled_reason) ON webhook_endpoints TO halogen_loader');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE SELECT (tenant_id, id, disabled_at, disabled_reason) ON webhook_endpoints FROM halogen_loader');
    await runner.query('DROP POLICY of_loader ON webhook_endpoints');
  }
}
