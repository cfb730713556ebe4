import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generations also come by the native API, and carry labels of the customer's own. */
export class OpenNativeSurface1764140000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP CONSTRAINT generations_surface_check');
    await runner.query(
      `ALTER TABLE generations ADD CONSTRAINT generations_surface_check CHECK (surface IN ('dream_machine', 'native')),
                               ADD COLUMN labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN labels, DROP CONSTRAINT generations_surface_check');
    await runner.query(`ALTER TABLE generations ADD CONSTRAINT generations_surface_check CHECK (surface IN ('dream_machine'))`);
  }
}
