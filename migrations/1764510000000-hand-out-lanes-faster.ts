import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What every start pays for. An admission has looked each lane up, and no role may delete or rename one: a foreign key would look each up
 * again and write a lock to its row. A lease names its lanes, so that nobody looks for occupancies by their lease. A scheduler takes the
 * changes of its own pool class without passing those of the others.
 */
export class HandOutLanesFaster1764510000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lane_occupancies DROP CONSTRAINT lane_occupancies_lane_id_fkey');
    await runner.query('DROP INDEX lane_occupancies_of_lease');
    await runner.query("CREATE INDEX outbox_of_pool_class ON outbox (pool_class, id) WHERE consumer = 'scheduler'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX outbox_of_pool_class');
    await runner.query('CREATE INDEX lane_occupancies_of_lease ON lane_occupancies (tenant_id, generation_id, fence)');
    await runner.query('ALTER TABLE lane_occupancies ADD FOREIGN KEY (lane_id) REFERENCES lanes (id)');
  }
}
