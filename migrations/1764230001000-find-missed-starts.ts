import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What waits and has to start by some time, the next first. */
export class FindMissedStarts1764230001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "CREATE INDEX generations_to_start ON generations (start_by) WHERE state = 'queued' AND start_by IS NOT NULL AND first_began_at IS NULL",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_to_start');
  }
}
