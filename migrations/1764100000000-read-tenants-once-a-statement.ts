import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables that groups of commands read and write: hundreds of rows of hundreds of tenants in one statement. */
const TABLES = ['grants', 'accounts', 'transfers', 'resolutions', 'generations', 'leases', 'lane_occupancies', 'outbox'];

/**
 * Written plainly, a policy parses the list of tenants again for every row, which makes a group's cost grow with the square of its
 * tenants. As a sub-select it is read once a statement.
 */
export class ReadTenantsOnceAStatement1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await setTenants(runner, '(SELECT halogen_tenants())::uuid[]');
  }

  async down(runner: QueryRunner): Promise<void> {
    await setTenants(runner, 'halogen_tenants()');
  }
}

async function setTenants(runner: QueryRunner, tenants: string): Promise<void> {
  for (const table of TABLES) {
    await runner.query(`ALTER POLICY of_tenant ON ${table} USING (tenant_id = ANY (${tenants})) WITH CHECK (tenant_id = ANY (${tenants}))`);
  }
}
