import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of which a group locks and writes rows of hundreds of tenants. Every statement on them names its tenants, so no index hangs on the policy. */
const TABLES = ['accounts', 'grants', 'transfers'];

/** As an array the list of tenants is walked for every row, as a sub-select it is hashed once a statement. */
export class LookTenantsOfTheLedgerUp1764210002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await setPolicies(runner, 'tenant_id IN (SELECT unnest(halogen_tenants()))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await setPolicies(runner, 'tenant_id = ANY ((SELECT halogen_tenants())::uuid[])');
  }
}

async function setPolicies(runner: QueryRunner, isSeen: string): Promise<void> {
  for (const table of TABLES) await runner.query(`ALTER POLICY of_tenant ON ${table} USING (${isSeen}) WITH CHECK (${isSeen})`);
}
