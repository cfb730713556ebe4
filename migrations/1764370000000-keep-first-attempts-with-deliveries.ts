import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nearly every delivery arrives at its first attempt: its log then needs no row of its own. */
export class KeepFirstAttemptsWithDeliveries1764370000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_deliveries ADD COLUMN first_attempt json');
    await runner.query(
      `COMMENT ON COLUMN webhook_deliveries.first_attempt IS 'The log of a first attempt that delivered. Every other one is a row of webhook_attempts.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_deliveries DROP COLUMN first_attempt');
  }
}
