import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A source may be named by a URL, which the background worker fetches. What a dry run would take of which grant is kept between its chunks. */
export class FetchSources1764390000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE batches
        ADD COLUMN source_url text,
        ADD COLUMN source_version text,
        ADD COLUMN fetch_bytes bigint,
        ADD COLUMN dry_run_funds jsonb`);
    await runner.query(
      `COMMENT ON COLUMN batches.source_url IS 'Where the source is fetched from. Null once it was, or never will be: such links often carry a secret'`,
    );
    await runner.query(
      `COMMENT ON COLUMN batches.source_version IS 'What the other side calls these bytes (entity tag or time): only while it does are they gone on with'`,
    );
    await runner.query(`COMMENT ON COLUMN batches.fetch_bytes IS 'What a fetched source comes to, as the other side says'`);
    await runner.query('ALTER TABLE batches DROP CONSTRAINT batches_work_check');
    await runner.query(
      `ALTER TABLE batches ADD CONSTRAINT batches_work_check CHECK (work IN ('fetch', 'load', 'hold', 'unhold', 'cancel', 'retry', 'sheets'))`,
    );
    await runner.query('CREATE INDEX batches_unfinished ON batches (tenant_id) WHERE finished_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX batches_unfinished');
    await runner.query(
      `UPDATE batches SET work = NULL, state = 'failed', state_reason = 'internal', finished_at = now() WHERE work = 'fetch'`,
    );
    await runner.query('ALTER TABLE batches DROP CONSTRAINT batches_work_check');
    await runner.query(
      `ALTER TABLE batches ADD CONSTRAINT batches_work_check CHECK (work IN ('load', 'hold', 'unhold', 'cancel', 'retry', 'sheets'))`,
    );
    await runner.query(
      'ALTER TABLE batches DROP COLUMN source_url, DROP COLUMN source_version, DROP COLUMN fetch_bytes, DROP COLUMN dry_run_funds',
    );
  }
}
