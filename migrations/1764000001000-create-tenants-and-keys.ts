import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who pays and who calls. A key is found through one definer function, so that no role may read the table of hashes. */
export class CreateTenantsAndKeys1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenants (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        parent_tenant_id uuid REFERENCES tenants (id),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE api_keys (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        name text NOT NULL,
        prefix text NOT NULL,
        secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    for (const [table, column] of [
      ['tenants', 'id'],
      ['api_keys', 'tenant_id'],
    ]) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (${column} = ANY (halogen_tenants())) WITH CHECK (${column} = ANY (halogen_tenants()))`,
      );
    }
    await runner.query('GRANT SELECT ON tenants TO halogen_api');
    await runner.query('GRANT SELECT (tenant_id, id, name, prefix, scopes, created_at, expires_at, revoked_at) ON api_keys TO halogen_api');
    await runner.query('GRANT SELECT, INSERT ON tenants TO halogen_control');
    await runner.query('GRANT INSERT ON api_keys TO halogen_control');
    await runner.query('CREATE POLICY of_control ON tenants TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('CREATE POLICY of_control ON api_keys FOR INSERT TO halogen_control WITH CHECK (true)');

    await runner.query('GRANT SELECT ON api_keys TO halogen_lookup');
    await runner.query('CREATE POLICY of_lookup ON api_keys FOR SELECT TO halogen_lookup USING (true)');
    await runner.query(`
      CREATE FUNCTION api_key_of(wanted_sha256 bytea)
      RETURNS TABLE (tenant_id uuid, id uuid, scopes text[], expires_at timestamptz, revoked_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT k.tenant_id, k.id, k.scopes, k.expires_at, k.revoked_at FROM api_keys k WHERE k.secret_sha256 = wanted_sha256 $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query('ALTER FUNCTION api_key_of(bytea) OWNER TO halogen_lookup');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION api_key_of(bytea) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION api_key_of(bytea) TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION api_key_of(bytea)');
    await runner.query('DROP TABLE api_keys');
    await runner.query('DROP TABLE tenants');
  }
}
