import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The order of a matrix's variables is the order of its rows, and jsonb forgets it. Contact sheets are work of a batch that has ended. */
export class KeepBatchOptionsAsWritten1764160001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE batches ALTER COLUMN options TYPE json');
    await runner.query('ALTER TABLE batches DROP CONSTRAINT batches_work_check');
    await runner.query(
      `ALTER TABLE batches ADD CONSTRAINT batches_work_check CHECK (work IN ('load', 'hold', 'unhold', 'cancel', 'retry', 'sheets'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE batches SET work = NULL WHERE work = 'sheets'`);
    await runner.query('ALTER TABLE batches DROP CONSTRAINT batches_work_check');
    await runner.query(
      `ALTER TABLE batches ADD CONSTRAINT batches_work_check CHECK (work IN ('load', 'hold', 'unhold', 'cancel', 'retry'))`,
    );
    await runner.query('ALTER TABLE batches ALTER COLUMN options TYPE jsonb');
  }
}
