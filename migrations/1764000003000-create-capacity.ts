import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Halo: sites have pools of one class, pools have nodes, nodes have lanes; and the row that names the leader of each pool class. */
export class CreateCapacity1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sites (
        id text PRIMARY KEY,
        name text NOT NULL,
        region text NOT NULL,
        jurisdiction text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE pools (
        id text PRIMARY KEY,
        site_id text NOT NULL REFERENCES sites (id),
        pool_class text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE nodes (
        id text PRIMARY KEY,
        pool_id text NOT NULL REFERENCES pools (id),
        token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
        token_revoked_at timestamptz,
        state text NOT NULL DEFAULT 'in_service' CHECK (state IN ('in_service', 'draining', 'out_of_service')),
        last_heard_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE lanes (
        id text PRIMARY KEY,
        node_id text NOT NULL REFERENCES nodes (id),
        ordinal smallint NOT NULL,
        UNIQUE (node_id, ordinal)
      )`);
    await runner.query(`
      CREATE TABLE scheduler_leaders (
        pool_class text PRIMARY KEY,
        epoch bigint NOT NULL DEFAULT 0,
        holder text,
        url text,
        expires_at timestamptz NOT NULL DEFAULT '-infinity'
      )`);
    for (const table of ['sites', 'pools', 'nodes', 'lanes', 'scheduler_leaders']) {
      await runner.query(`GRANT SELECT, INSERT ON ${table} TO halogen_control`);
    }
    await runner.query('GRANT UPDATE (state, last_heard_at, token_sha256, token_revoked_at) ON nodes TO halogen_control');
    await runner.query('GRANT UPDATE ON scheduler_leaders TO halogen_control');
    await runner.query(`
      CREATE FUNCTION node_of_token(wanted_sha256 bytea) RETURNS text
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT n.id FROM nodes n WHERE n.token_sha256 = wanted_sha256 AND n.token_revoked_at IS NULL $$`);
    await runner.query('GRANT SELECT ON nodes TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query('ALTER FUNCTION node_of_token(bytea) OWNER TO halogen_lookup');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION node_of_token(bytea) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION node_of_token(bytea) TO halogen_api, halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION node_of_token(bytea)');
    for (const table of ['scheduler_leaders', 'lanes', 'nodes', 'pools', 'sites']) await runner.query(`DROP TABLE ${table}`);
  }
}
