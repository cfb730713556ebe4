import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANTS = '(SELECT halogen_tenants())::uuid[]';

/** Filters of lists under a name, for whoever saved them. */
export class SaveViews1764540003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE saved_views (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        owner_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        page text NOT NULL CHECK (page IN ('generations')),
        name text NOT NULL,
        filters jsonb NOT NULL CHECK (jsonb_typeof(filters) = 'object'),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, owner_id, id)
      )`);
    await runner.query(`COMMENT ON COLUMN saved_views.owner_id IS 'The membership of a person, or the key, that alone sees it.'`);
    await runner.query('CREATE UNIQUE INDEX saved_views_by_name ON saved_views (tenant_id, owner_id, page, name)');
    await runner.query('ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE saved_views FORCE ROW LEVEL SECURITY');
    await runner.query(
      `CREATE POLICY of_tenant ON saved_views TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
    );
    await runner.query('GRANT SELECT, INSERT, UPDATE (filters), DELETE ON saved_views TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE saved_views');
  }
}
