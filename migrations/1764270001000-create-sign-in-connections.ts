import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = {
  sign_in_domains: 'SELECT, INSERT, UPDATE (verified_at), DELETE',
  sign_in_connections: 'SELECT, INSERT, UPDATE (removed_at)',
  pending_sign_ins: 'SELECT, INSERT, DELETE',
};

/** Identity providers of a tenant, the e-mail domains it has proven to be its own, and sign-ins that are on their way. */
export class CreateSignInConnections1764270001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sign_in_domains (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        domain text NOT NULL CHECK (domain = lower(domain)),
        challenge text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        verified_at timestamptz,
        PRIMARY KEY (tenant_id, domain)
      )`);
    await runner.query('CREATE UNIQUE INDEX sign_in_domains_verified_once ON sign_in_domains (domain) WHERE verified_at IS NOT NULL');
    await runner.query(`
      CREATE TABLE sign_in_connections (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL UNIQUE,
        kind text NOT NULL CHECK (kind IN ('oidc', 'saml')),
        name text NOT NULL,
        settings jsonb NOT NULL,
        secret text,
        default_role text NOT NULL CHECK (default_role IN ('admin', 'billing', 'creator', 'viewer')),
        created_at timestamptz NOT NULL DEFAULT now(),
        removed_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE pending_sign_ins (
        tenant_id uuid NOT NULL,
        connection_id uuid NOT NULL,
        state_sha256 bytea NOT NULL,
        browser_sha256 bytea NOT NULL,
        nonce text NOT NULL,
        code_verifier text NOT NULL,
        return_to text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, state_sha256),
        FOREIGN KEY (tenant_id, connection_id) REFERENCES sign_in_connections (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX pending_sign_ins_by_end ON pending_sign_ins (tenant_id, expires_at)');
    for (const [table, rights] of Object.entries(TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_api`);
    }
    for (const table of ['sign_in_domains', 'sign_in_connections']) {
      await runner.query(`CREATE POLICY of_sign_in ON ${table} FOR SELECT TO halogen_sign_in USING (true)`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_sign_in`);
    }
    // What names a tenant before anybody is signed in: an e-mail domain, or a connection's own URL.
    await runner.query(`
      CREATE FUNCTION connection_for(wanted_domain text) RETURNS TABLE (tenant_id uuid, id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT c.tenant_id, c.id FROM sign_in_domains d JOIN sign_in_connections c ON c.tenant_id = d.tenant_id AND c.removed_at IS NULL
             WHERE d.domain = wanted_domain AND d.verified_at IS NOT NULL ORDER BY c.id LIMIT 1 $$`);
    await runner.query(`
      CREATE FUNCTION tenant_of_connection(wanted uuid) RETURNS uuid
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT c.tenant_id FROM sign_in_connections c WHERE c.id = wanted AND c.removed_at IS NULL $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    for (const signature of ['connection_for(text)', 'tenant_of_connection(uuid)']) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_sign_in`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const signature of ['connection_for(text)', 'tenant_of_connection(uuid)']) await runner.query(`DROP FUNCTION ${signature}`);
    for (const table of Object.keys(TABLES).reverse()) await runner.query(`DROP TABLE ${table}`);
  }
}
