import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many of its lanes a tenant has called back; from whom stays unknown to it. */
export class LetOwnersSeeRecalls1764630000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX recalls_of_owner ON recalls (owner_id, pool_class, recalled_at)');
    await runner.query(
      'CREATE POLICY of_owner ON recalls FOR SELECT TO halogen_api USING (owner_id = ANY ((SELECT halogen_tenants())::uuid[]))',
    );
    await runner.query('GRANT SELECT (owner_id, pool_class, recalled_at, lanes) ON recalls TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE SELECT (owner_id, pool_class, recalled_at, lanes) ON recalls FROM halogen_api');
    await runner.query('DROP POLICY of_owner ON recalls');
    await runner.query('DROP INDEX recalls_of_owner');
  }
}
