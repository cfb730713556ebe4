import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = {
  projects: { api: 'SELECT, INSERT, UPDATE', control: 'SELECT' },
  members: { api: 'SELECT, INSERT, UPDATE', control: 'SELECT' },
  spending_months: { api: 'SELECT, INSERT, UPDATE', control: 'SELECT, INSERT, UPDATE' },
  audit_log: { api: 'SELECT, INSERT', control: 'SELECT, INSERT' },
  audit_pending: { api: 'INSERT', control: 'SELECT, INSERT, DELETE' },
  audit_seals: { api: 'SELECT', control: 'SELECT, INSERT' },
  audit_heads: { api: 'SELECT', control: 'SELECT, INSERT, UPDATE' },
};

/**
 * Projects with defaults and budgets, members with roles, keys that belong to a project and may be capped,
 * and the audit log: rows that never change, sealed into a hash chain per tenant after they were written.
 */
export class CreateProjectsMembersAndAudit1764110002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants ADD COLUMN credits_low_micro bigint CHECK (credits_low_micro > 0)');
    await runner.query('CREATE INDEX tenants_of_parent ON tenants (parent_tenant_id, id) WHERE parent_tenant_id IS NOT NULL');
    await runner.query('GRANT INSERT, UPDATE (name, credits_low_micro) ON tenants TO halogen_api');
    await runner.query(`
      CREATE TABLE projects (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        name text NOT NULL,
        service_tier text NOT NULL DEFAULT 'shared' CHECK (service_tier IN ('dedicated', 'spillover', 'shared', 'flex')),
        monthly_budget_micro bigint CHECK (monthly_budget_micro >= 0),
        budget_enforcement text NOT NULL DEFAULT 'refuse' CHECK (budget_enforcement IN ('refuse', 'warn')),
        allowed_models text[] CHECK (cardinality(allowed_models) > 0),
        allowed_regions text[] CHECK (cardinality(allowed_regions) > 0),
        retention_days integer NOT NULL DEFAULT 30 CHECK (retention_days BETWEEN 0 AND 3650),
        no_training boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        archived_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, name)
      )`);
    await runner.query(`
      CREATE TABLE members (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        email text NOT NULL CHECK (email = lower(email)),
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'creator', 'viewer')),
        created_at timestamptz NOT NULL DEFAULT now(),
        removed_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query('CREATE UNIQUE INDEX members_once ON members (tenant_id, email) WHERE removed_at IS NULL');
    await runner.query(`
      CREATE TABLE spending_months (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        subject_id uuid NOT NULL,
        month date NOT NULL,
        used_micro bigint NOT NULL DEFAULT 0 CHECK (used_micro >= 0),
        told_at timestamptz,
        PRIMARY KEY (tenant_id, subject_id, month)
      )`);
    await runner.query(
      `COMMENT ON TABLE spending_months IS 'What a project or a capped key holds and has spent of a UTC month. Written under the lock of its tenant''s accounts.'`,
    );
    await this.createAudit(runner);
    for (const [table, rights] of Object.entries(TENANT_TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT ${rights.api} ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights.control} ON ${table} TO halogen_control`);
    }
    await this.extendKeys(runner);
    await runner.query('ALTER TABLE generations DROP COLUMN label'); // labels are key and value, in a column of their own
  }

  private async createAudit(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_log (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        actor_tenant_id uuid NOT NULL,
        actor_kind text NOT NULL CHECK (actor_kind IN ('api_key', 'system')),
        actor_id text NOT NULL,
        action text NOT NULL,
        target_id text,
        data jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE audit_pending (
        tenant_id uuid NOT NULL,
        entry_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, entry_id),
        FOREIGN KEY (tenant_id, entry_id) REFERENCES audit_log (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE audit_seals (
        tenant_id uuid NOT NULL,
        sequence bigint NOT NULL CHECK (sequence > 0),
        entry_id uuid NOT NULL,
        hash bytea NOT NULL CHECK (octet_length(hash) = 32),
        PRIMARY KEY (tenant_id, sequence),
        UNIQUE (tenant_id, entry_id),
        FOREIGN KEY (tenant_id, entry_id) REFERENCES audit_log (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE audit_heads (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        sequence bigint NOT NULL,
        hash bytea NOT NULL CHECK (octet_length(hash) = 32)
      )`);
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END
      $$`);
    for (const table of ['audit_log', 'audit_seals']) {
      await runner.query(
        `CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`,
      );
    }
  }

  private async extendKeys(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_keys
        ADD COLUMN project_id uuid,
        ADD COLUMN monthly_cap_micro bigint CHECK (monthly_cap_micro >= 0),
        ADD COLUMN creates_per_minute integer CHECK (creates_per_minute > 0),
        ADD COLUMN max_concurrent integer CHECK (max_concurrent > 0),
        ADD COLUMN last_used_at timestamptz,
        ADD COLUMN replaces_key_id uuid,
        ADD FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)`);
    await runner.query(`
      GRANT SELECT (project_id, monthly_cap_micro, creates_per_minute, max_concurrent, last_used_at, replaces_key_id),
            INSERT, UPDATE (expires_at, revoked_at, last_used_at) ON api_keys TO halogen_api`);
    await runner.query('GRANT SELECT ON projects, tenants TO halogen_lookup');
    for (const table of ['projects', 'tenants']) {
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
    }
    await runner.query('DROP FUNCTION api_key_of(bytea)');
    await runner.query(`
      CREATE FUNCTION api_key_of(wanted_sha256 bytea)
      RETURNS TABLE (tenant_id uuid, id uuid, scopes text[], expires_at timestamptz, revoked_at timestamptz, monthly_cap_micro bigint,
                     creates_per_minute integer, max_concurrent integer, project_id uuid, service_tier text, monthly_budget_micro bigint,
                     budget_enforcement text, allowed_models text[], allowed_regions text[])
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT k.tenant_id, k.id, k.scopes, k.expires_at, coalesce(k.revoked_at, p.archived_at), k.monthly_cap_micro, k.creates_per_minute, k.max_concurrent,
                   p.id, p.service_tier, p.monthly_budget_micro, p.budget_enforcement, p.allowed_models, p.allowed_regions
              FROM api_keys k LEFT JOIN projects p ON p.tenant_id = k.tenant_id AND p.id = k.project_id
             WHERE k.secret_sha256 = wanted_sha256 $$`);
    await runner.query(`
      CREATE FUNCTION tenants_after(after_id uuid, max_rows integer) RETURNS SETOF tenants
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT * FROM tenants WHERE after_id IS NULL OR id > after_id ORDER BY id LIMIT least(max_rows, 1000) $$`);
    await runner.query(`
      CREATE FUNCTION brands_of(agency_id uuid) RETURNS SETOF tenants
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT * FROM tenants WHERE parent_tenant_id = agency_id ORDER BY id LIMIT 1000 $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    for (const signature of ['api_key_of(bytea)', 'tenants_after(uuid, integer)', 'brands_of(uuid)']) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_lookup`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(): Promise<void> {
    throw new Error('The audit log is never dropped: restore a backup instead');
  }
}
