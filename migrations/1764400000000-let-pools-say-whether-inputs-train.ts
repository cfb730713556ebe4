import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By the terms of some pools what is sent there may be trained on. A project keeps its work away from them unless it says otherwise. */
export class LetPoolsSayWhetherInputsTrain1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE pools ADD COLUMN trains_on_inputs boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE pools DROP COLUMN trains_on_inputs');
  }
}
