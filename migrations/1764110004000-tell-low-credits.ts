import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembers who was told that credits are low. Reasons of corrections stand in the audit log, so transfers need none. */
export class TellLowCredits1764110004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants ADD COLUMN credits_low_told_at timestamptz');
    await runner.query('GRANT UPDATE (credits_low_told_at) ON tenants TO halogen_control');
    await runner.query('CREATE INDEX tenants_that_watch ON tenants (id) WHERE credits_low_micro IS NOT NULL');
    await runner.query('ALTER TABLE transfers DROP COLUMN reason');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE transfers ADD COLUMN reason text');
    await runner.query('DROP INDEX tenants_that_watch');
    await runner.query('ALTER TABLE tenants DROP COLUMN credits_low_told_at');
  }
}
