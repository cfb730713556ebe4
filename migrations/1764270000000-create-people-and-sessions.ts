import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rights of the roles that people's rows are not only read and written by functions for. */
const TABLES: Readonly<Record<string, { api?: string; control?: string }>> = {
  people: {},
  member_passwords: {
    api: 'SELECT (tenant_id, member_id, set_at), INSERT, UPDATE (password, set_at)',
    control: 'SELECT (tenant_id, member_id, set_at), INSERT, UPDATE (password, set_at)',
  },
  staff: { control: 'SELECT, INSERT, UPDATE' },
  sessions: {},
  session_tenants: {},
  sign_in_tries: {},
};

const FUNCTIONS = [
  'members_with_password(text, integer)',
  'staff_with_password(text)',
  'open_session(bytea, bytea, uuid, boolean, uuid[], uuid[], text, interval, interval)',
  'session_access(bytea, interval)',
  'touch_session(bytea)',
  'end_session(bytea)',
  'note_sign_in_tries(bytea[], integer[], interval)',
  'forget_sign_in_tries(bytea[])',
];

/**
 * People, and the sessions in which they act. A person is an e-mail address: a member of one tenant or several. What proves who they
 * are belongs to a tenant, and a session opens only the tenants that were proven, so that no tenant can let somebody into another.
 * No role may read these tables: a role of their own does, through functions.
 */
export class CreatePeopleAndSessions1764270000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      BEGIN
        CREATE ROLE halogen_sign_in NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END
      $$`);
    await runner.query('GRANT halogen_sign_in TO CURRENT_USER');
    await runner.query('GRANT USAGE ON SCHEMA public TO halogen_sign_in');
    await this.createTables(runner);
    for (const [table, rights] of Object.entries(TABLES)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY of_sign_in ON ${table} TO halogen_sign_in USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO halogen_sign_in`);
      if (rights.api) {
        await runner.query(
          `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
        );
        await runner.query(`GRANT ${rights.api} ON ${table} TO halogen_api`);
      }
      if (rights.control) {
        await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
        await runner.query(`GRANT ${rights.control} ON ${table} TO halogen_control`);
      }
    }
    for (const table of ['members', 'tenants']) {
      await runner.query(`CREATE POLICY of_sign_in ON ${table} FOR SELECT TO halogen_sign_in USING (true)`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_sign_in`);
    }
    await runner.query('GRANT INSERT, UPDATE (role, name, removed_at) ON members TO halogen_control');
    await this.createFunctions(runner);
    await this.namePeople(runner);
    await runner.query('ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check');
    await runner.query(
      `ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('api_key', 'person', 'system'))`,
    );
  }

  private async createTables(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE people (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        email text NOT NULL UNIQUE CHECK (email = lower(email)),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('ALTER TABLE members ADD COLUMN person_id uuid REFERENCES people (id)');
    await runner.query(`
      CREATE TABLE member_passwords (
        tenant_id uuid NOT NULL,
        member_id uuid NOT NULL,
        password text NOT NULL CHECK (password LIKE 'scrypt$%'),
        set_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, member_id),
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE staff (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        person_id uuid NOT NULL REFERENCES people (id),
        email text NOT NULL CHECK (email = lower(email)),
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('operator', 'auditor')),
        password text CHECK (password LIKE 'scrypt$%'),
        created_at timestamptz NOT NULL DEFAULT now(),
        removed_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`COMMENT ON TABLE staff IS 'Operators and auditors. tenant_id is the platform''s own tenant.'`);
    await runner.query('CREATE UNIQUE INDEX staff_once ON staff (email) WHERE removed_at IS NULL');
    await runner.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
        person_id uuid NOT NULL REFERENCES people (id),
        is_staff boolean NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        seen_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      )`);
    await runner.query('CREATE INDEX sessions_by_last_use ON sessions (seen_at)');
    await runner.query(`
      CREATE TABLE session_tenants (
        session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        tenant_id uuid NOT NULL,
        member_id uuid NOT NULL,
        method text NOT NULL CHECK (method IN ('password', 'code', 'oidc', 'saml')),
        verified_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (session_id, tenant_id)
      )`);
    await runner.query(
      `COMMENT ON TABLE session_tenants IS 'Tenants that a session opens, each by a proof of its own. member_id names a row of members, or of staff in a session of staff.'`,
    );
    await runner.query('CREATE INDEX session_tenants_of_member ON session_tenants (tenant_id, member_id)');
    await runner.query(`
      CREATE TABLE sign_in_tries (
        subject_sha256 bytea PRIMARY KEY,
        began_at timestamptz NOT NULL DEFAULT now(),
        tries integer NOT NULL
      )`);
    await runner.query('CREATE INDEX sign_in_tries_by_age ON sign_in_tries (began_at)');
  }

  private async createFunctions(runner: QueryRunner): Promise<void> {
    const definer = 'SECURITY DEFINER SET search_path = public, pg_temp';
    await runner.query(`
      CREATE FUNCTION set_person() RETURNS trigger LANGUAGE plpgsql ${definer} AS $$
      BEGIN
        INSERT INTO people (email) VALUES (NEW.email) ON CONFLICT (email) DO NOTHING;
        SELECT id INTO STRICT NEW.person_id FROM people WHERE email = NEW.email;
        RETURN NEW;
      END
      $$`);
    await runner.query(`
      CREATE FUNCTION members_with_password(wanted_email text, max_rows integer)
      RETURNS TABLE (tenant_id uuid, member_id uuid, person_id uuid, password text) LANGUAGE sql STABLE ${definer}
      AS $$ SELECT m.tenant_id, m.id, m.person_id, w.password
              FROM members m JOIN member_passwords w ON w.tenant_id = m.tenant_id AND w.member_id = m.id
             WHERE m.person_id = (SELECT id FROM people WHERE email = wanted_email) AND m.removed_at IS NULL AND m.role = 'owner'
             ORDER BY m.id LIMIT max_rows $$`);
    await runner.query(`
      CREATE FUNCTION staff_with_password(wanted_email text)
      RETURNS TABLE (tenant_id uuid, member_id uuid, person_id uuid, password text) LANGUAGE sql STABLE ${definer}
      AS $$ SELECT tenant_id, id, person_id, password FROM staff WHERE email = wanted_email AND removed_at IS NULL AND password IS NOT NULL $$`);
    await runner.query(`
      CREATE FUNCTION open_session(new_sha256 bytea, old_sha256 bytea, of_person uuid, of_staff boolean, tenant_ids uuid[], member_ids uuid[],
                                   by_method text, lives interval, idle interval) RETURNS uuid LANGUAGE plpgsql ${definer} AS $$
      DECLARE
        made uuid;
        stale interval := lives + interval '1 day';
      BEGIN
        INSERT INTO sessions (token_sha256, person_id, is_staff) VALUES (new_sha256, of_person, of_staff) RETURNING id INTO made;
        INSERT INTO session_tenants (session_id, tenant_id, member_id, method, expires_at)
        SELECT made, o.tenant_id, o.member_id, by_method, now() + lives FROM unnest(tenant_ids, member_ids) AS o (tenant_id, member_id);
        INSERT INTO session_tenants (session_id, tenant_id, member_id, method, verified_at, expires_at)
        SELECT made, a.tenant_id, a.member_id, a.method, a.verified_at, a.expires_at
          FROM sessions s JOIN session_tenants a ON a.session_id = s.id
         WHERE s.token_sha256 = old_sha256 AND s.person_id = of_person AND s.is_staff = of_staff AND s.ended_at IS NULL AND s.seen_at > now() - idle
        ON CONFLICT DO NOTHING;
        UPDATE sessions SET ended_at = now() WHERE token_sha256 = old_sha256 AND ended_at IS NULL;
        DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE seen_at < now() - stale ORDER BY seen_at LIMIT 100 FOR UPDATE SKIP LOCKED);
        RETURN made;
      END
      $$`);
    await runner.query(
      `COMMENT ON FUNCTION open_session IS 'A session with a new token. What the old one of the same person opened stays open until its own end. Sessions long over are deleted, a few at a time.'`,
    );
    await runner.query(`
      CREATE FUNCTION session_access(wanted_sha256 bytea, idle interval)
      RETURNS TABLE (session_id uuid, person_id uuid, email text, is_staff boolean, opened_at timestamptz, seen_at timestamptz, expires_at timestamptz,
                     method text, verified_at timestamptz, tenant_id uuid, member_id uuid, name text, role text, tenant_name text,
                     parent_tenant_id uuid, limit_plan text, service_tier text) LANGUAGE sql STABLE ${definer}
      AS $$
        WITH opened AS (
          SELECT s.id AS session_id, s.person_id, s.is_staff, s.opened_at, s.seen_at, a.expires_at, a.method, a.verified_at, a.tenant_id, a.member_id
            FROM sessions s JOIN session_tenants a ON a.session_id = s.id
           WHERE s.token_sha256 = wanted_sha256 AND s.ended_at IS NULL AND s.seen_at > now() - idle AND a.expires_at > now()
        ), held AS (
          SELECT o.*, m.name, m.role, 0 AS distance FROM opened o
            JOIN members m ON NOT o.is_staff AND m.tenant_id = o.tenant_id AND m.id = o.member_id AND m.person_id = o.person_id AND m.removed_at IS NULL
          UNION ALL
          SELECT o.*, f.name, f.role, 0 FROM opened o
            JOIN staff f ON o.is_staff AND f.tenant_id = o.tenant_id AND f.id = o.member_id AND f.person_id = o.person_id AND f.removed_at IS NULL
        ), inherited AS (
          SELECT h.session_id, h.person_id, h.is_staff, h.opened_at, h.seen_at, h.expires_at, h.method, h.verified_at, m.tenant_id, m.id, m.name, m.role, 1
            FROM held h JOIN tenants b ON NOT h.is_staff AND b.parent_tenant_id = h.tenant_id
            JOIN members m ON m.tenant_id = b.id AND m.person_id = h.person_id AND m.removed_at IS NULL
        ), nearest AS (
          SELECT DISTINCT ON (u.tenant_id) u.* FROM (SELECT * FROM held UNION ALL SELECT * FROM inherited) AS u ORDER BY u.tenant_id, u.distance
        )
        SELECT n.session_id, n.person_id, p.email, n.is_staff, n.opened_at, n.seen_at, n.expires_at, n.method, n.verified_at, n.tenant_id,
               n.member_id, n.name, n.role, t.name, t.parent_tenant_id, t.limit_plan, t.service_tier
          FROM nearest n JOIN people p ON p.id = n.person_id JOIN tenants t ON t.id = n.tenant_id
         ORDER BY n.tenant_id LIMIT 1000
      $$`);
    await runner.query(
      `COMMENT ON FUNCTION session_access IS 'What a living session opens, with the roles as they are now. A sign-in to an agency opens memberships in its brands too.'`,
    );
    await runner.query(`
      CREATE FUNCTION touch_session(wanted_sha256 bytea) RETURNS void LANGUAGE sql ${definer}
      AS $$ UPDATE sessions SET seen_at = now() WHERE token_sha256 = wanted_sha256 AND ended_at IS NULL $$`);
    await runner.query(`
      CREATE FUNCTION end_session(wanted_sha256 bytea) RETURNS void LANGUAGE sql ${definer}
      AS $$ UPDATE sessions SET ended_at = now() WHERE token_sha256 = wanted_sha256 AND ended_at IS NULL $$`);
    await runner.query(`
      CREATE FUNCTION note_sign_in_tries(subjects bytea[], max_tries integer[], lasts interval) RETURNS boolean LANGUAGE plpgsql ${definer} AS $$
      DECLARE
        allowed boolean;
      BEGIN
        DELETE FROM sign_in_tries
         WHERE subject_sha256 IN (SELECT subject_sha256 FROM sign_in_tries WHERE began_at < now() - 2 * lasts ORDER BY began_at LIMIT 100 FOR UPDATE SKIP LOCKED);
        WITH noted AS (
          INSERT INTO sign_in_tries AS t (subject_sha256, tries) SELECT subject, 1 FROM unnest(subjects) AS subject ORDER BY subject
          ON CONFLICT (subject_sha256) DO UPDATE SET
            tries = CASE WHEN t.began_at < now() - lasts THEN 1 ELSE t.tries + 1 END,
            began_at = CASE WHEN t.began_at < now() - lasts THEN now() ELSE t.began_at END
          RETURNING t.subject_sha256, t.tries
        )
        SELECT bool_and(n.tries <= w.most) INTO allowed FROM noted n JOIN unnest(subjects, max_tries) AS w (subject, most) ON w.subject = n.subject_sha256;
        RETURN allowed;
      END
      $$`);
    await runner.query(`
      CREATE FUNCTION forget_sign_in_tries(subjects bytea[]) RETURNS void LANGUAGE sql ${definer}
      AS $$ DELETE FROM sign_in_tries WHERE subject_sha256 = ANY (subjects) $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    for (const signature of [...FUNCTIONS, 'set_person()']) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_sign_in`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
    }
    for (const signature of FUNCTIONS) await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  /** Every member is somebody, however the row was written. */
  private async namePeople(runner: QueryRunner): Promise<void> {
    // Whoever migrates may be an ordinary owner, whom forced row-level security shows nothing.
    for (const table of ['members', 'people']) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    await runner.query('INSERT INTO people (email) SELECT DISTINCT email FROM members');
    await runner.query('UPDATE members m SET person_id = p.id FROM people p WHERE p.email = m.email');
    for (const table of ['members', 'people']) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
    await runner.query('SET CONSTRAINTS ALL IMMEDIATE');
    await runner.query('ALTER TABLE members ALTER COLUMN person_id SET NOT NULL');
    await runner.query('CREATE INDEX members_of_person ON members (person_id, tenant_id) WHERE removed_at IS NULL');
    for (const table of ['members', 'staff']) {
      await runner.query(
        `CREATE TRIGGER of_person BEFORE INSERT OR UPDATE OF email ON ${table} FOR EACH ROW EXECUTE FUNCTION set_person()`,
      );
    }
  }

  async down(): Promise<void> {
    throw new Error('Who may sign in is never dropped: restore a backup instead');
  }
}
