import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Callbacks are claimed by the host they go to. What cannot be read as a host is one of its own: the attempt will tell. */
export class LetCallbacksBePulled1764440000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE deliveries ADD COLUMN origin text NOT NULL
        GENERATED ALWAYS AS (coalesce(lower(substring(url FROM '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\\]+')), url)) STORED`);
    await runner.query(`CREATE INDEX deliveries_by_origin ON deliveries (origin, next_attempt_at) WHERE state = 'pending'`);
    await runner.query('DROP INDEX deliveries_pending');
    // Old ones are forgotten by their beginning, whether they arrived or not.
    await runner.query('CREATE INDEX deliveries_old ON deliveries USING brin (created_at)');
    await runner.query('DROP INDEX deliveries_finished');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL');
    await runner.query('DROP INDEX deliveries_old');
    await runner.query(`CREATE INDEX deliveries_pending ON deliveries (next_attempt_at) WHERE state = 'pending'`);
    await runner.query('ALTER TABLE deliveries DROP COLUMN origin');
  }
}
