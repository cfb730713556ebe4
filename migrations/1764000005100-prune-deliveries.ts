import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deliveries that ended long ago are forgotten by the worker that made them. */
export class PruneDeliveries1764000005100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL');
    await runner.query('GRANT DELETE ON deliveries TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE DELETE ON deliveries FROM halogen_control');
    await runner.query('DROP INDEX deliveries_finished');
  }
}
