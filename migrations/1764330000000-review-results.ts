import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Read once a statement: written plainly, a policy would read the list again for every row. */
const TENANTS = '(SELECT halogen_tenants())::uuid[]';

const API_RIGHTS = {
  row_reviews: 'SELECT, INSERT, UPDATE',
  row_versions: 'SELECT, INSERT, DELETE',
  review_comments: 'SELECT, INSERT, UPDATE (resolved_at, resolved_by_name)',
};

/** What people decided on the results of a batch, what they said about them, and what was made anew because of it. */
export class ReviewResults1764330000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE row_reviews (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        generation_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        row_number integer NOT NULL,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected')),
        is_current boolean NOT NULL DEFAULT true,
        decided_by_kind text CHECK (decided_by_kind IN ('person', 'api_key')),
        decided_by_id uuid,
        decided_by_name text,
        decided_at timestamptz,
        assignee_id uuid,
        PRIMARY KEY (tenant_id, generation_id)
      )`);
    await runner.query(
      `COMMENT ON TABLE row_reviews IS 'Decisions and assignments. A result without a row waits for review and is nobody''s in particular.'`,
    );
    await runner.query(`COMMENT ON COLUMN row_reviews.is_current IS 'False once the row of the batch has a newer version'`);
    await runner.query(
      'CREATE INDEX row_reviews_of_batch ON row_reviews (tenant_id, batch_id, row_number) INCLUDE (state) WHERE is_current',
    );
    await runner.query(`
      CREATE TABLE row_versions (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        batch_id uuid NOT NULL,
        row_number integer NOT NULL,
        version smallint NOT NULL CHECK (version > 1),
        generation_id uuid NOT NULL,
        note text,
        asked_by_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, batch_id, row_number, version)
      )`);
    await runner.query(
      `COMMENT ON TABLE row_versions IS 'Generations that were made anew for a row; version 1 is the row''s own. One whose generation was refused is deleted again.'`,
    );
    await runner.query('CREATE INDEX row_versions_by_generation ON row_versions (tenant_id, generation_id)');
    await runner.query(`
      CREATE TABLE review_comments (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        batch_id uuid NOT NULL,
        row_number integer NOT NULL,
        generation_id uuid NOT NULL,
        parent_id uuid,
        frame integer CHECK (frame >= 0),
        x real CHECK (x BETWEEN 0 AND 1),
        y real CHECK (y BETWEEN 0 AND 1),
        text text NOT NULL,
        author_kind text NOT NULL CHECK (author_kind IN ('person', 'api_key', 'guest')),
        author_id uuid NOT NULL,
        author_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        resolved_at timestamptz,
        resolved_by_name text,
        PRIMARY KEY (tenant_id, id),
        CHECK ((x IS NULL) = (y IS NULL)),
        CHECK (parent_id IS NULL OR num_nonnulls(frame, x, resolved_at) = 0)
      )`);
    await runner.query(
      `COMMENT ON COLUMN review_comments.frame IS 'From 0. A comment stays with the frame, whatever rate a player shows it at'`,
    );
    await runner.query('CREATE INDEX review_comments_of_row ON review_comments (tenant_id, batch_id, row_number, id)');
    await runner.query('CREATE INDEX review_comments_of_generation ON review_comments (tenant_id, generation_id)');
    await runner.query(
      `CREATE INDEX generations_failed_rows ON generations (batch_id, failure_reason, row_number) WHERE state = 'failed' AND batch_id IS NOT NULL AND row_number IS NOT NULL`,
    );
    for (const [table, rights] of Object.entries(API_RIGHTS)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_api`);
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_control`);
    }
    // Words of people about a picture go with the picture.
    await runner.query('GRANT DELETE ON review_comments TO halogen_control');
    await runner.query('GRANT UPDATE (note) ON row_versions TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_failed_rows');
    await runner.query('DROP TABLE review_comments, row_versions, row_reviews');
  }
}
