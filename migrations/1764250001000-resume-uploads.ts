import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A source may come in pieces, over days and connections; the batch is its upload until it is whole. */
export class ResumeUploads1764250001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE batches ADD COLUMN upload_bytes bigint, ADD COLUMN source_pieces text[] NOT NULL DEFAULT '{}'`);
    await runner.query(`COMMENT ON COLUMN batches.upload_bytes IS 'What a resumable upload has to come to; source_bytes is how far it is'`);
    await runner.query(
      `COMMENT ON COLUMN batches.source_pieces IS 'Storage keys that make the source together, in their order; empty when source_key is all of it'`,
    );
    await runner.query(`CREATE INDEX batches_receiving ON batches (created_at) WHERE state = 'receiving'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX batches_receiving');
    await runner.query('ALTER TABLE batches DROP COLUMN upload_bytes, DROP COLUMN source_pieces');
  }
}
