import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every lane does now, and what lanes were used for over time; both written by the leader of the pool class from what it keeps in memory. */
export class ShowLanesLive1764230002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Unlogged: after a crash of Postgres the leader writes them anew within a second.
    await runner.query(`
      CREATE UNLOGGED TABLE live_lanes (
        pool_class text PRIMARY KEY,
        epoch bigint NOT NULL,
        version bigint NOT NULL,
        ranges jsonb NOT NULL,
        cells bytea NOT NULL,
        written_at timestamptz NOT NULL
      )`);
    await runner.query(
      `COMMENT ON TABLE live_lanes IS 'Two bytes a lane: what it does and a slot. Whose slot it is stands in live_lane_slots.'`,
    );
    await runner.query(`
      CREATE UNLOGGED TABLE live_lane_slots (
        pool_class text NOT NULL,
        slot integer NOT NULL,
        tenant_id uuid NOT NULL,
        PRIMARY KEY (pool_class, slot)
      )`);
    await runner.query('CREATE INDEX live_lane_slots_of_tenant ON live_lane_slots (tenant_id)');
    await runner.query(`
      CREATE TABLE tenant_use (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        pool_class text NOT NULL,
        step_s integer NOT NULL,
        starts_at timestamptz NOT NULL,
        own real[] NOT NULL,
        lent real[] NOT NULL,
        shared real[] NOT NULL,
        flex real[] NOT NULL,
        idle real[] NOT NULL,
        PRIMARY KEY (tenant_id, pool_class, step_s, starts_at)
      )`);
    await runner.query(`
      CREATE TABLE pool_use (
        pool_class text NOT NULL,
        step_s integer NOT NULL,
        starts_at timestamptz NOT NULL,
        own real[] NOT NULL,
        lent real[] NOT NULL,
        shared real[] NOT NULL,
        flex real[] NOT NULL,
        idle real[] NOT NULL,
        PRIMARY KEY (pool_class, step_s, starts_at)
      )`);
    for (const table of ['tenant_use', 'pool_use']) {
      await runner.query(
        `COMMENT ON TABLE ${table} IS 'Means of lanes in use over steps of step_s seconds, several a row; NaN where nobody looked.'`,
      );
      await runner.query(`CREATE INDEX ${table}_to_prune ON ${table} (step_s, starts_at)`);
    }
    for (const table of ['live_lane_slots', 'tenant_use']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} FOR SELECT TO halogen_api USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
    }
    await runner.query('CREATE POLICY of_lookup ON live_lane_slots FOR SELECT TO halogen_lookup USING (true)');
    const tables = 'live_lanes, live_lane_slots, tenant_use, pool_use';
    await runner.query(`GRANT SELECT ON ${tables} TO halogen_api`);
    await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO halogen_control`);
    await runner.query('GRANT SELECT ON live_lane_slots TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION all_live_lane_slots(wanted_pool_class text) RETURNS TABLE (slot integer, tenant_id uuid, name text)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT s.slot, s.tenant_id, t.name FROM live_lane_slots s JOIN tenants t ON t.id = s.tenant_id WHERE s.pool_class = wanted_pool_class $$`);
    await runner.query('ALTER FUNCTION all_live_lane_slots(text) OWNER TO halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION all_live_lane_slots(text) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION all_live_lane_slots(text) TO halogen_api');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION all_live_lane_slots(text)');
    await runner.query('DROP TABLE pool_use, tenant_use, live_lane_slots, live_lanes');
  }
}
