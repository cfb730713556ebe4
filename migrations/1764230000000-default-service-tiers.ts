import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A request that names no service tier has its key's, else its project's, else its tenant's. */
export class DefaultServiceTiers1764230000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const tiers = "CHECK (service_tier IN ('dedicated', 'spillover', 'shared', 'flex'))";
    await runner.query(`ALTER TABLE tenants ADD COLUMN service_tier text NOT NULL DEFAULT 'shared' ${tiers}`);
    await runner.query(`ALTER TABLE api_keys ADD COLUMN service_tier text ${tiers}`);
    await runner.query('ALTER TABLE projects ALTER COLUMN service_tier DROP NOT NULL, ALTER COLUMN service_tier DROP DEFAULT');
    await runner.query('GRANT UPDATE (service_tier) ON tenants TO halogen_api');
    await runner.query('GRANT SELECT (service_tier) ON api_keys TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("UPDATE projects SET service_tier = 'shared' WHERE service_tier IS NULL");
    await runner.query("ALTER TABLE projects ALTER COLUMN service_tier SET DEFAULT 'shared', ALTER COLUMN service_tier SET NOT NULL");
    await runner.query('ALTER TABLE api_keys DROP COLUMN service_tier');
    await runner.query('ALTER TABLE tenants DROP COLUMN service_tier');
  }
}
