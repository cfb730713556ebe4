import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A month that cannot be paid is told once. */
export class TellOfUnpaidCharges1764170002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE commitment_charges ADD COLUMN unpaid_told_at timestamptz');
    await runner.query('GRANT UPDATE (unpaid_told_at) ON commitment_charges TO halogen_control');
    await runner.query('CREATE INDEX commitments_by_state ON commitments (state, starts_on, ends_on)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX commitments_by_state');
    await runner.query('ALTER TABLE commitment_charges DROP COLUMN unpaid_told_at');
  }
}
