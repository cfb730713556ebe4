import type { MigrationInterface, QueryRunner } from 'typeorm';

const DEFINER = 'SECURITY DEFINER SET search_path = public, pg_temp';
const BEFORE = 'open_session(bytea, bytea, uuid, boolean, uuid[], uuid[], text, interval, interval)';
const FUNCTIONS = [
  'open_session(bytea, bytea, uuid, boolean, uuid[], uuid[], text, uuid, interval, interval)',
  'end_other_sign_ins(uuid, uuid, text[])',
];

/**
 * A proof remembers the connection that gave it, so that enforcing one ends what others have opened. And tokens of directories count
 * their calls.
 */
export class EndOtherSignIns1764550002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session_tenants ADD COLUMN connection_id uuid');
    await runner.query(`COMMENT ON COLUMN session_tenants.connection_id IS 'Whose word the proof is; null for a password.'`);
    await runner.query(`DROP FUNCTION ${BEFORE}`);
    await runner.query(`
      CREATE FUNCTION open_session(new_sha256 bytea, old_sha256 bytea, of_person uuid, of_staff boolean, tenant_ids uuid[], member_ids uuid[],
                                   by_method text, by_connection uuid, lives interval, idle interval) RETURNS uuid LANGUAGE plpgsql ${DEFINER} AS $$
      DECLARE
        made uuid;
        stale interval := lives + interval '1 day';
      BEGIN
        INSERT INTO sessions (token_sha256, person_id, is_staff) VALUES (new_sha256, of_person, of_staff) RETURNING id INTO made;
        INSERT INTO session_tenants (session_id, tenant_id, member_id, method, connection_id, expires_at)
        SELECT made, o.tenant_id, o.member_id, by_method, by_connection, now() + lives FROM unnest(tenant_ids, member_ids) AS o (tenant_id, member_id);
        INSERT INTO session_tenants (session_id, tenant_id, member_id, method, connection_id, verified_at, expires_at)
        SELECT made, a.tenant_id, a.member_id, a.method, a.connection_id, a.verified_at, a.expires_at
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
      CREATE FUNCTION end_other_sign_ins(of_tenant uuid, by_connection uuid, domains text[]) RETURNS integer LANGUAGE sql ${DEFINER} AS $$
        WITH ended AS (
          UPDATE session_tenants a SET expires_at = now()
            FROM members m
           WHERE of_tenant = ANY (halogen_tenants()) AND a.tenant_id = of_tenant AND m.tenant_id = of_tenant AND m.id = a.member_id
             AND a.expires_at > now() AND a.method <> 'password' AND a.connection_id IS DISTINCT FROM by_connection
             AND split_part(m.email, '@', 2) = ANY (domains)
          RETURNING a.session_id
        )
        SELECT count(*)::int FROM ended
      $$`);
    await runner.query(
      `COMMENT ON FUNCTION end_other_sign_ins IS 'Closes the tenant in sessions of people of these domains that another connection opened. An owner’s password stays: it is the way in when the provider is away.'`,
    );
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    for (const signature of FUNCTIONS) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_sign_in`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
    await this.countDirectoryCalls(runner);
  }

  private async countDirectoryCalls(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE directory_tokens ADD COLUMN window_began_at timestamptz, ADD COLUMN window_calls integer NOT NULL DEFAULT 0`);
    await runner.query(
      'GRANT SELECT (window_began_at, window_calls), UPDATE (window_began_at, window_calls) ON directory_tokens TO halogen_api',
    );
  }

  async down(): Promise<void> {
    throw new Error('Who let whom in is never dropped: restore a backup instead');
  }
}
