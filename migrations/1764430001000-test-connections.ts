import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A connection takes effect by a test: what is edited waits beside what people sign in by. Which connection a domain's people use may be
 * named, and one may be enforced.
 */
export class TestConnections1764430001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.addStates(runner);
    await runner.query('ALTER TABLE sign_in_domains ADD COLUMN connection_id uuid');
    await runner.query(
      'ALTER TABLE sign_in_domains ADD FOREIGN KEY (tenant_id, connection_id) REFERENCES sign_in_connections (tenant_id, id)',
    );
    await runner.query(
      `COMMENT ON COLUMN sign_in_domains.connection_id IS 'By which people of the domain sign in. Missing: an enforced connection, else the oldest.'`,
    );
    await runner.query('GRANT UPDATE (connection_id) ON sign_in_domains TO halogen_api');
    await this.createTests(runner);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    await runner.query(`
      CREATE OR REPLACE FUNCTION connection_for(wanted_domain text) RETURNS TABLE (tenant_id uuid, id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT c.tenant_id, c.id FROM sign_in_domains d JOIN sign_in_connections c ON c.tenant_id = d.tenant_id
             WHERE d.domain = wanted_domain AND d.verified_at IS NOT NULL AND c.removed_at IS NULL AND c.state <> 'draft'
               AND (d.connection_id IS NULL OR d.connection_id = c.id)
             ORDER BY c.state = 'enforced' DESC, c.id LIMIT 1 $$`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  private async addStates(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE sign_in_connections
        ADD COLUMN provider text CHECK (provider IN ('okta', 'entra', 'google', 'onelogin', 'saml', 'oidc')),
        ADD COLUMN state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'optional', 'enforced')),
        ADD COLUMN version integer NOT NULL DEFAULT 0,
        ADD COLUMN edited_settings jsonb,
        ADD COLUMN edited_secret text,
        ADD COLUMN is_owner_tested boolean NOT NULL DEFAULT false,
        ADD COLUMN allows_idp_initiated boolean NOT NULL DEFAULT false,
        ALTER COLUMN settings DROP NOT NULL`);
    // Whoever migrates may be an ordinary owner, whom forced row-level security shows nothing.
    await runner.query('ALTER TABLE sign_in_connections NO FORCE ROW LEVEL SECURITY');
    await runner.query(`
      UPDATE sign_in_connections
         SET provider = kind, allows_idp_initiated = coalesce((settings ->> 'allowsIdpInitiated')::boolean, false),
             state = CASE WHEN settings ? 'issuer' THEN 'optional' ELSE 'draft' END,
             version = CASE WHEN settings ? 'issuer' THEN 1 ELSE 0 END,
             settings = CASE WHEN settings ? 'issuer' THEN settings - 'allowsIdpInitiated' END`);
    await runner.query('ALTER TABLE sign_in_connections FORCE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE sign_in_connections ALTER COLUMN provider SET NOT NULL');
    await runner.query(
      `ALTER TABLE sign_in_connections ADD CHECK (state = 'draft' OR settings IS NOT NULL), ADD CHECK (state <> 'enforced' OR is_owner_tested)`,
    );
    await runner.query(
      `COMMENT ON COLUMN sign_in_connections.settings IS 'What passed a test; people sign in by it unless the connection is a draft.'`,
    );
    await runner.query(
      `COMMENT ON COLUMN sign_in_connections.edited_settings IS 'What waits for a test, with edited_secret; its number is version.'`,
    );
    await runner.query(
      `COMMENT ON COLUMN sign_in_connections.is_owner_tested IS 'Whether an owner signed in by just these settings in a test.'`,
    );
    await runner.query(`
      GRANT UPDATE (name, settings, secret, edited_settings, edited_secret, version, state, is_owner_tested, allows_idp_initiated, default_role)
         ON sign_in_connections TO halogen_api`);
  }

  private async createTests(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sign_in_tests (
        tenant_id uuid NOT NULL,
        connection_id uuid NOT NULL,
        id uuid NOT NULL,
        version integer NOT NULL,
        actor_tenant_id uuid NOT NULL,
        actor_kind text NOT NULL,
        actor_id text NOT NULL,
        browser_sha256 bytea NOT NULL,
        return_to text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        word jsonb,
        code_sha256 bytea,
        outcome jsonb,
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, connection_id),
        FOREIGN KEY (tenant_id, connection_id) REFERENCES sign_in_connections (tenant_id, id),
        CHECK ((outcome IS NULL) = (finished_at IS NULL))
      )`);
    await runner.query(
      `COMMENT ON TABLE sign_in_tests IS 'The last test of each connection. word is what SAML brought by a POST without a cookie, until the browser has shown that it asked.'`,
    );
    await runner.query('ALTER TABLE sign_in_tests ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE sign_in_tests FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON sign_in_tests TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_tests TO halogen_api');
    await runner.query('ALTER TABLE pending_sign_ins ADD COLUMN test_id uuid');
    await runner.query(`COMMENT ON COLUMN pending_sign_ins.test_id IS 'Set when it is a test, which lets nobody in.'`);
  }

  async down(): Promise<void> {
    throw new Error('What waits for a test would be lost: restore a backup instead');
  }
}
