import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operators say whether a pool's inputs may be trained on. */
export class LetOperatorsSetTermsOfPools1764550003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT UPDATE (trains_on_inputs) ON pools TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE UPDATE (trains_on_inputs) ON pools FROM halogen_api');
  }
}
