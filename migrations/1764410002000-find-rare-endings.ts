import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What failed or was cancelled is rare and looked for: a page of it must not walk through what was completed. Nothing is written here on the way to a completed end. */
export class FindRareEndings1764410002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX generations_rare_endings ON generations (tenant_id, state, created_at DESC, id DESC)
       WHERE state IN ('failed', 'cancelled') AND deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_rare_endings');
  }
}
