import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Grants that apply to some work only, that expire and are closed; transfers for what corrects, expires or moves credits between tenants;
 * projects and labels on generations, so that usage can be told apart.
 */
export class ExtendLedger1764110001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE grants
        ADD COLUMN project_id uuid,
        ADD COLUMN model_families text[] CHECK (cardinality(model_families) > 0),
        ADD COLUMN closed_at timestamptz,
        ADD COLUMN expiring_told_at timestamptz`);
    await runner.query(
      `COMMENT ON COLUMN grants.closed_at IS 'When its expired remainder went to breakage. A closed grant is never spent from or returned to.'`,
    );
    await runner.query('CREATE INDEX grants_to_expire ON grants (expires_at) WHERE closed_at IS NULL AND expires_at IS NOT NULL');
    await runner.query('GRANT UPDATE (closed_at, expiring_told_at) ON grants TO halogen_control');
    // The edge grants too: an operator's top-up, an agency's transfer to its brand. Row-level security keeps each to the tenants it names.
    await runner.query('GRANT INSERT ON grants, accounts TO halogen_api');

    await runner.query('ALTER TABLE transfers DROP CONSTRAINT transfers_code_check');
    await runner.query(`
      ALTER TABLE transfers ADD CONSTRAINT transfers_code_check
        CHECK (code IN ('grant', 'reserve', 'settle', 'release', 'expire', 'fund', 'refund', 'adjust'))`);
    await runner.query('ALTER TABLE transfers ADD COLUMN reason text');

    await runner.query('ALTER TABLE generations ADD COLUMN project_id uuid, ADD COLUMN label text CHECK (char_length(label) <= 100)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN label, DROP COLUMN project_id');
    await runner.query('ALTER TABLE transfers DROP COLUMN reason, DROP CONSTRAINT transfers_code_check');
    await runner.query(
      `ALTER TABLE transfers ADD CONSTRAINT transfers_code_check CHECK (code IN ('grant', 'reserve', 'settle', 'release')) NOT VALID`,
    );
    await runner.query('REVOKE INSERT ON grants, accounts FROM halogen_api');
    await runner.query('DROP INDEX grants_to_expire');
    await runner.query(
      'ALTER TABLE grants DROP COLUMN expiring_told_at, DROP COLUMN closed_at, DROP COLUMN model_families, DROP COLUMN project_id',
    );
  }
}
