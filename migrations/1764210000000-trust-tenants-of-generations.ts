import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever queues a generation has locked its tenant's accounts, and row-level security lets it write rows of the tenants it names only.
 * A foreign key proves that once more for every row, by a query and a lock on the tenant, for which a busy tenant's submits pay.
 */
export class TrustTenantsOfGenerations1764210000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP CONSTRAINT generations_tenant_id_fkey');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations ADD CONSTRAINT generations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)');
  }
}
