import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Queue heads are read by tenant and tier: a million rows of flex must not hide one of dedicated that a unit waits for. */
export class OrderQueuesByTier1764120000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_queue_heads');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, service_tier, priority DESC, created_at, id)
       WHERE state = 'queued'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_queue_heads');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, priority DESC, created_at, id) WHERE state = 'queued'`);
  }
}
