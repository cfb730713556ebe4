import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Read once a statement: written plainly, a policy would ask again for every row. */
const TENANTS = '(SELECT halogen_tenants())::uuid[]';
const shared = (column: string) => `(SELECT s.${column} FROM halogen_shared() s)`;
const OF_BATCH = `tenant_id = ${shared('tenant_id')} AND batch_id = ${shared('batch_id')}`;

/** What a guest may read at all, by column: no price, no request, no key. */
const GUEST_RIGHTS: Readonly<Record<string, { columns: string; rows: string }>> = {
  tenants: { columns: 'id, name', rows: `id = ${shared('tenant_id')}` },
  batches: { columns: 'tenant_id, id, name', rows: `tenant_id = ${shared('tenant_id')} AND id = ${shared('batch_id')}` },
  row_versions: { columns: 'tenant_id, batch_id, row_number, version, generation_id', rows: OF_BATCH },
  row_reviews: { columns: 'tenant_id, batch_id, row_number, generation_id, state', rows: OF_BATCH },
  generations: {
    columns: 'tenant_id, id, batch_id, row_number, state, model, prompt, output, assets, deleted_at',
    rows: `tenant_id = ${shared('tenant_id')} AND (batch_id = ${shared('batch_id')} OR id IN (SELECT generation_id FROM row_versions))`,
  },
  review_comments: {
    columns:
      'tenant_id, id, batch_id, row_number, generation_id, parent_id, frame, x, y, text, author_kind, author_name, created_at, resolved_at, resolved_by_name, share_link_id',
    rows: `${OF_BATCH} AND share_link_id = ${shared('link_id')}`,
  },
};

const FUNCTIONS = ['share_link_with(bytea)', 'halogen_shared()'];

/**
 * Links by which guests see the results of a campaign without an account. Of a link and of what its guests have only hashes are kept. Guests
 * read as a role of their own, whose policies know nothing of tenants: they follow the guest's token to a link that lives.
 */
export class ShareCampaigns1764540000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.createRole(runner);
    await this.createTables(runner);
    await runner.query('ALTER TABLE review_comments ADD COLUMN share_link_id uuid');
    await runner.query(
      `COMMENT ON COLUMN review_comments.share_link_id IS 'Of a guest''s comment and of the answers to it: guests of this link see it, others do not.'`,
    );
    await this.createFunctions(runner);
    for (const [table, { columns, rows }] of Object.entries(GUEST_RIGHTS)) {
      await runner.query(`CREATE POLICY of_guest ON ${table} FOR SELECT TO halogen_guest USING (${rows})`);
      await runner.query(`GRANT SELECT (${columns}) ON ${table} TO halogen_guest`);
    }
    await runner.query('ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check');
    await runner.query(
      `ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('api_key', 'person', 'setup_link', 'directory', 'guest', 'system'))`,
    );
  }

  private async createRole(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      BEGIN
        CREATE ROLE halogen_guest NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END
      $$`);
    await runner.query('GRANT USAGE ON SCHEMA public TO halogen_guest');
    // Not inherited: nothing of the API's own transactions ever reads by these policies.
    await runner.query('GRANT halogen_guest TO halogen_api WITH INHERIT FALSE, SET TRUE');
  }

  private async createTables(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE share_links (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        batch_id uuid NOT NULL,
        name text NOT NULL,
        access text NOT NULL CHECK (access IN ('view', 'comment')),
        results text NOT NULL CHECK (results IN ('approved', 'all')),
        created_by text NOT NULL,
        token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '90 days'),
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX share_links_of_batch ON share_links (tenant_id, batch_id, id)');
    await runner.query(`
      CREATE TABLE share_guests (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        link_id uuid NOT NULL,
        name text NOT NULL,
        token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
        opened_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, link_id) REFERENCES share_links (tenant_id, id)
      )`);
    await runner.query(
      `COMMENT ON TABLE share_guests IS 'Browsers that opened a share link, each with the name that somebody gave there.'`,
    );
    await runner.query('CREATE INDEX share_guests_of_link ON share_guests (tenant_id, link_id, id)');
    for (const table of ['share_links', 'share_guests']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_lookup`);
    }
    await runner.query(`
      GRANT SELECT (tenant_id, id, batch_id, name, access, results, created_by, created_at, expires_at, revoked_at), INSERT, UPDATE (revoked_at)
         ON share_links TO halogen_api`);
    await runner.query('GRANT SELECT (tenant_id, id, link_id, name, opened_at), INSERT ON share_guests TO halogen_api');
  }

  private async createFunctions(runner: QueryRunner): Promise<void> {
    const definer = 'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp';
    await runner.query(`
      CREATE FUNCTION share_link_with(wanted_sha256 bytea) RETURNS TABLE (tenant_id uuid, id uuid) ${definer}
      AS $$ SELECT l.tenant_id, l.id FROM share_links l WHERE l.token_sha256 = wanted_sha256 AND l.revoked_at IS NULL AND l.expires_at > now() $$`);
    await runner.query(`
      CREATE FUNCTION halogen_shared()
      RETURNS TABLE (tenant_id uuid, batch_id uuid, link_id uuid, guest_id uuid, guest_name text, access text, results text, expires_at timestamptz) ${definer}
      AS $$ SELECT l.tenant_id, l.batch_id, l.id, g.id, g.name, l.access, l.results, l.expires_at
              FROM share_guests g JOIN share_links l ON l.tenant_id = g.tenant_id AND l.id = g.link_id
             WHERE g.token_sha256 = decode(NULLIF(current_setting('halogen.guest', true), ''), 'hex') AND l.revoked_at IS NULL AND l.expires_at > now() $$`);
    await runner.query(
      `COMMENT ON FUNCTION halogen_shared() IS 'What the guest of this transaction may see: no row without one, or once the link has ended.'`,
    );
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    for (const signature of FUNCTIONS) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_lookup`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
    }
    await runner.query('GRANT EXECUTE ON FUNCTION share_link_with(bytea) TO halogen_api');
    await runner.query('GRANT EXECUTE ON FUNCTION halogen_shared() TO halogen_guest');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(GUEST_RIGHTS)) await runner.query(`DROP POLICY of_guest ON ${table}`);
    for (const [table, { columns }] of Object.entries(GUEST_RIGHTS)) {
      await runner.query(`REVOKE SELECT (${columns}) ON ${table} FROM halogen_guest`);
    }
    for (const signature of FUNCTIONS) await runner.query(`DROP FUNCTION ${signature}`);
    await runner.query('ALTER TABLE review_comments DROP COLUMN share_link_id');
    await runner.query('DROP TABLE share_guests, share_links');
  }
}
