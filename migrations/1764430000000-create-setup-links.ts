import type { MigrationInterface, QueryRunner } from 'typeorm';

const FUNCTIONS = ['setup_link_with(bytea)', 'setup_session_with(bytea)'];

/** Links by which a customer's IT sets something up without an account. Of a link and of what it opens only hashes are kept. */
export class CreateSetupLinks1764430000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE setup_links (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        purpose text NOT NULL CHECK (purpose IN ('sign_in')),
        name text NOT NULL,
        created_by text NOT NULL,
        token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
        session_sha256 bytea UNIQUE CHECK (octet_length(session_sha256) = 32),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '7 days'),
        opened_at timestamptz,
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        CHECK ((opened_at IS NULL) = (session_sha256 IS NULL))
      )`);
    await runner.query(
      `COMMENT ON COLUMN setup_links.session_sha256 IS 'Of the token that the browser got for the link, which is of no use from then on.'`,
    );
    await runner.query('ALTER TABLE setup_links ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE setup_links FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON setup_links TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('CREATE POLICY of_sign_in ON setup_links FOR SELECT TO halogen_sign_in USING (true)');
    await runner.query(`
      GRANT SELECT (tenant_id, id, purpose, name, created_by, created_at, expires_at, opened_at, revoked_at), INSERT,
            UPDATE (session_sha256, opened_at, revoked_at) ON setup_links TO halogen_api`);
    await runner.query('GRANT SELECT ON setup_links TO halogen_sign_in');
    await this.createFunctions(runner);
    await runner.query('ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check');
    await runner.query(
      `ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('api_key', 'person', 'setup_link', 'system'))`,
    );
  }

  /** What names a tenant before anybody is known: a link, or what it opened. */
  private async createFunctions(runner: QueryRunner): Promise<void> {
    const definer = 'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp';
    await runner.query(`
      CREATE FUNCTION setup_link_with(wanted_sha256 bytea) RETURNS TABLE (tenant_id uuid, id uuid) ${definer}
      AS $$ SELECT l.tenant_id, l.id FROM setup_links l WHERE l.token_sha256 = wanted_sha256 $$`);
    await runner.query(`
      CREATE FUNCTION setup_session_with(wanted_sha256 bytea)
      RETURNS TABLE (tenant_id uuid, tenant_name text, id uuid, purpose text, expires_at timestamptz) ${definer}
      AS $$ SELECT l.tenant_id, t.name, l.id, l.purpose, l.expires_at FROM setup_links l JOIN tenants t ON t.id = l.tenant_id
             WHERE l.session_sha256 = wanted_sha256 AND l.revoked_at IS NULL AND l.expires_at > now() $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    for (const signature of FUNCTIONS) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_sign_in`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const signature of FUNCTIONS) await runner.query(`DROP FUNCTION ${signature}`);
    await runner.query('DROP TABLE setup_links');
  }
}
