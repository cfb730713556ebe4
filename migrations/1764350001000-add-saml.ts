import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = {
  used_assertions: 'SELECT, INSERT, DELETE',
  arrivals: 'SELECT, INSERT, DELETE',
};

/** Sign-in by SAML: what was asked for, assertions that were used, and people whose browser is still on its way to its session. */
export class AddSaml1764350001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE pending_sign_ins
        ALTER COLUMN nonce DROP NOT NULL, ALTER COLUMN code_verifier DROP NOT NULL, ADD COLUMN request_id text,
        ADD CHECK ((nonce IS NULL) = (code_verifier IS NULL)), ADD CHECK ((request_id IS NULL) <> (nonce IS NULL))`);
    await runner.query(`COMMENT ON COLUMN pending_sign_ins.request_id IS 'Of SAML. OpenID Connect has nonce and code_verifier instead.'`);
    await runner.query(`
      CREATE TABLE used_assertions (
        tenant_id uuid NOT NULL,
        connection_id uuid NOT NULL,
        assertion_sha256 bytea NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, connection_id, assertion_sha256),
        FOREIGN KEY (tenant_id, connection_id) REFERENCES sign_in_connections (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX used_assertions_by_end ON used_assertions (tenant_id, expires_at)');
    await runner.query(`
      CREATE TABLE arrivals (
        tenant_id uuid NOT NULL,
        connection_id uuid NOT NULL,
        code_sha256 bytea NOT NULL,
        browser_sha256 bytea,
        email text NOT NULL,
        name text NOT NULL,
        return_to text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, code_sha256),
        FOREIGN KEY (tenant_id, connection_id) REFERENCES sign_in_connections (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX arrivals_by_end ON arrivals (tenant_id, expires_at)');
    await runner.query(
      `COMMENT ON TABLE arrivals IS 'People whom SAML has proven by a cross-site POST, which carries no cookie. browser_sha256 is missing where nobody asked: the identity provider began.'`,
    );
    for (const [table, rights] of Object.entries(TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_api`);
    }
    await runner.query('GRANT UPDATE (settings) ON sign_in_connections TO halogen_api');
    // A connection that is still being set up has no issuer yet.
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    await runner.query(`
      CREATE OR REPLACE FUNCTION connection_for(wanted_domain text) RETURNS TABLE (tenant_id uuid, id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT c.tenant_id, c.id FROM sign_in_domains d JOIN sign_in_connections c ON c.tenant_id = d.tenant_id AND c.removed_at IS NULL
             WHERE d.domain = wanted_domain AND d.verified_at IS NOT NULL AND c.settings ? 'issuer' ORDER BY c.id LIMIT 1 $$`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  async down(): Promise<void> {
    throw new Error('Used assertions are never forgotten early: restore a backup instead');
  }
}
