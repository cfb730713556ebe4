import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rights of the API's role. What is read of a token leaves its hash out. */
const TABLES = {
  directory_settings: 'SELECT, INSERT, UPDATE (default_role)',
  directory_tokens:
    'SELECT (tenant_id, id, prefix, created_at, expires_at, revoked_at, last_used_at, replaces_token_id), INSERT, UPDATE (expires_at, revoked_at, last_used_at)',
  directory_users: 'SELECT, INSERT, UPDATE (resource, email, version, changed_at), DELETE',
  directory_groups: 'SELECT, INSERT, UPDATE (display_name, external_id, version, changed_at), DELETE',
  directory_group_members: 'SELECT, INSERT, DELETE',
  directory_mappings: 'SELECT, INSERT, DELETE',
  directory_memberships: 'SELECT, INSERT, UPDATE (member_id), DELETE',
  directory_calls: 'SELECT, INSERT, DELETE',
};

/**
 * The directory of a tenant: people and groups as its identity provider keeps them here by SCIM, the roles that groups have in the tenant
 * and its brands, the tokens that the provider calls with, and its last calls. Keys remember who made them, to end with that person.
 */
export class CreateDirectories1764420000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.createTokens(runner);
    await this.createPeople(runner);
    await this.createRoles(runner);
    await runner.query(`
      CREATE TABLE directory_calls (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        at timestamptz NOT NULL DEFAULT now(),
        token_id uuid NOT NULL,
        method text NOT NULL,
        path text NOT NULL,
        status integer NOT NULL,
        is_refused boolean NOT NULL GENERATED ALWAYS AS (status >= 400) STORED,
        reason text,
        detail text,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX directory_calls_by_outcome ON directory_calls (tenant_id, is_refused, id)');
    await runner.query('CREATE INDEX directory_calls_by_age ON directory_calls (at)');
    for (const [table, rights] of Object.entries(TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_api`);
    }
    await runner.query('CREATE POLICY of_control ON directory_calls TO halogen_control USING (true)');
    await runner.query('GRANT SELECT (at), DELETE ON directory_calls TO halogen_control');
    await this.createLookUp(runner);
    await runner.query('ALTER TABLE api_keys ADD COLUMN made_by_tenant_id uuid, ADD COLUMN made_by_member_id uuid');
    await runner.query(
      `COMMENT ON COLUMN api_keys.made_by_member_id IS 'The person who made it, and made_by_tenant_id where they are a member: an agency, of a key of its brand.'`,
    );
    await runner.query('CREATE INDEX api_keys_of_maker ON api_keys (made_by_member_id) WHERE made_by_member_id IS NOT NULL');
    await runner.query('GRANT SELECT (made_by_tenant_id, made_by_member_id) ON api_keys TO halogen_api');
  }

  private async createTokens(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE directory_tokens (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        prefix text NOT NULL,
        secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        replaces_token_id uuid,
        PRIMARY KEY (tenant_id, id)
      )`);
  }

  private async createPeople(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE directory_users (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        resource jsonb NOT NULL,
        user_name text NOT NULL GENERATED ALWAYS AS (lower(resource ->> 'userName')) STORED,
        external_id text GENERATED ALWAYS AS (resource ->> 'externalId') STORED,
        active boolean NOT NULL GENERATED ALWAYS AS (coalesce(resource ->> 'active', 'false') = 'true') STORED,
        email text CHECK (email = lower(email)),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, user_name),
        UNIQUE (tenant_id, external_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX directory_users_of_address ON directory_users (tenant_id, email) WHERE active');
    await runner.query(`
      CREATE TABLE directory_groups (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        display_name text NOT NULL,
        external_id text,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, external_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX directory_groups_by_name ON directory_groups (tenant_id, lower(display_name))');
    await runner.query(`
      CREATE TABLE directory_group_members (
        tenant_id uuid NOT NULL,
        group_id uuid NOT NULL,
        user_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, group_id, user_id),
        FOREIGN KEY (tenant_id, group_id) REFERENCES directory_groups (tenant_id, id) ON DELETE CASCADE,
        FOREIGN KEY (tenant_id, user_id) REFERENCES directory_users (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX directory_groups_of_user ON directory_group_members (tenant_id, user_id)');
  }

  private async createRoles(runner: QueryRunner): Promise<void> {
    const role = `text CHECK (ROLE IN ('admin', 'billing', 'creator', 'viewer'))`;
    await runner.query(`
      CREATE TABLE directory_settings (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        default_role ${role.replace('ROLE', 'default_role')}
      )`);
    await runner.query(`
      CREATE TABLE directory_mappings (
        tenant_id uuid NOT NULL,
        group_id uuid NOT NULL,
        target_tenant_id uuid NOT NULL REFERENCES tenants (id),
        role ${role.replace('ROLE', 'role')} NOT NULL,
        PRIMARY KEY (tenant_id, group_id, target_tenant_id),
        FOREIGN KEY (tenant_id, group_id) REFERENCES directory_groups (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE directory_memberships (
        tenant_id uuid NOT NULL,
        user_id uuid NOT NULL,
        target_tenant_id uuid NOT NULL REFERENCES tenants (id),
        member_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, user_id, target_tenant_id),
        FOREIGN KEY (tenant_id, user_id) REFERENCES directory_users (tenant_id, id) ON DELETE CASCADE,
        FOREIGN KEY (target_tenant_id, member_id) REFERENCES members (tenant_id, id)
      )`);
    await runner.query(
      `COMMENT ON TABLE directory_memberships IS 'Memberships that the directory of tenant_id has given, or looks after.'`,
    );
  }

  /** A token is found by its hash through one function, so that no role may read the hashes. */
  private async createLookUp(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT SELECT ON directory_tokens TO halogen_lookup');
    await runner.query('CREATE POLICY of_lookup ON directory_tokens FOR SELECT TO halogen_lookup USING (true)');
    await runner.query(`
      CREATE FUNCTION directory_token_of(wanted_sha256 bytea)
      RETURNS TABLE (tenant_id uuid, id uuid, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT t.tenant_id, t.id, t.expires_at, t.revoked_at, t.last_used_at FROM directory_tokens t WHERE t.secret_sha256 = wanted_sha256 $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query('ALTER FUNCTION directory_token_of(bytea) OWNER TO halogen_lookup');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION directory_token_of(bytea) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION directory_token_of(bytea) TO halogen_api');
  }

  async down(): Promise<void> {
    throw new Error('Who keeps the people of a tenant is never dropped: restore a backup instead');
  }
}
