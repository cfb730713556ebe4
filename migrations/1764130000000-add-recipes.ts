import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a generation does besides drawing its prompt: operation, inputs, loop. Null is a plain creation. */
export class AddRecipes1764130000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations ADD COLUMN recipe jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN recipe');
  }
}
