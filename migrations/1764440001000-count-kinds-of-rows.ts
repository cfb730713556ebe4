import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the accepted rows of a batch are, by pool class, model and output: when it will be done is asked for it as a whole. */
export class CountKindsOfRows1764440001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE batches ADD COLUMN row_kinds jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE batches DROP COLUMN row_kinds');
  }
}
