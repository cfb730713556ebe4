import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What waits and runs is looked for among millions that have ended, and cancelled together: it has an index, as rare endings have. */
export class FindUnfinished1764540001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX generations_unfinished ON generations (tenant_id, created_at DESC, id DESC)
       WHERE state IN ('queued', 'admitted', 'running') AND deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_unfinished');
  }
}
