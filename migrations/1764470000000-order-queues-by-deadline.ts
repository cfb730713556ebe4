import type { MigrationInterface, QueryRunner } from 'typeorm';

/** However long a queue is, the scheduler reads what is due first, not what is oldest. */
export class OrderQueuesByDeadline1764470000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_queue_heads');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations
        (pool_class, tenant_id, service_tier, priority DESC, coalesce(least(start_by, complete_by), 'infinity'), created_at, id)
       WHERE state = 'queued' AND NOT is_held`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_queue_heads');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, service_tier, priority DESC, created_at, id)
       WHERE state = 'queued' AND NOT is_held`);
  }
}
