import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables that groups of commands read and write: hundreds of rows of hundreds of tenants in one statement. */
const TABLES = ['grants', 'accounts', 'transfers', 'resolutions', 'generations', 'leases', 'lane_occupancies', 'outbox'];

/**
 * `= ANY (array)` compares each row with one tenant after the other. `IN (SELECT unnest(…))` becomes a hashed sub-plan: built once a
 * statement, one look-up a row, however many tenants a group has.
 */
export class LookTenantsUpByHash1764100001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await setPolicies(runner, 'tenant_id IN (SELECT unnest(halogen_tenants()))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await setPolicies(runner, 'tenant_id = ANY ((SELECT halogen_tenants())::uuid[])');
  }
}

async function setPolicies(runner: QueryRunner, isOfTenant: string): Promise<void> {
  for (const table of TABLES) {
    await runner.query(`ALTER POLICY of_tenant ON ${table} USING (${isOfTenant}) WITH CHECK (${isOfTenant})`);
  }
}
