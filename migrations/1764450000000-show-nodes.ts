import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nodes in operators' hands: cordoned besides drained, what they have loaded, what failed on them by the hour, and their jobs. */
export class ShowNodes1764450000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE nodes DROP CONSTRAINT nodes_state_check,
        ADD CONSTRAINT nodes_state_check CHECK (state IN ('in_service', 'cordoned', 'draining', 'out_of_service')),
        ADD COLUMN resident_models text[] NOT NULL DEFAULT '{}'`);
    await runner.query(`COMMENT ON COLUMN nodes.resident_models IS 'As its leader last noted it, every few seconds: for people to see.'`);
    await runner.query('GRANT UPDATE (resident_models) ON nodes TO halogen_control');
    await runner.query(`
      GRANT SELECT (id, pool_id, state, token_revoked_at, last_heard_at, resident_models), UPDATE (state) ON nodes TO halogen_api`);
    await runner.query('GRANT SELECT ON pools, lanes TO halogen_api');
    await runner.query(`
      CREATE TABLE node_failures (
        node_id text NOT NULL REFERENCES nodes (id),
        cause text NOT NULL,
        hour timestamptz NOT NULL,
        leases integer NOT NULL CHECK (leases > 0),
        PRIMARY KEY (node_id, hour, cause)
      )`);
    await runner.query('CREATE INDEX node_failures_to_prune ON node_failures (hour)');
    await runner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON node_failures TO halogen_control');
    await runner.query('GRANT SELECT ON node_failures TO halogen_api');
    await runner.query('GRANT SELECT (burn_lane_ms, gang_lanes, model) ON generations TO halogen_lookup');
    await runner.query('GRANT SELECT (lane_ids, began_at, served_from) ON leases TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    // Both read the index of leases that are not freed: never more of them than there are lanes.
    await runner.query(`
      CREATE FUNCTION lanes_in_use(wanted_pool_class text, wanted_node_ids text[]) RETURNS TABLE (node_id text, jobs integer, lanes integer)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT l.node_id, count(*)::int, sum(cardinality(l.lane_ids))::int FROM leases l
         WHERE l.pool_class = wanted_pool_class AND l.node_id = ANY (wanted_node_ids) AND l.freed_at IS NULL GROUP BY l.node_id
      $$`);
    await runner.query(`
      CREATE FUNCTION jobs_of_node(wanted_pool_class text, wanted_node_id text, max_rows integer)
      RETURNS TABLE (tenant_id uuid, tenant_name text, generation_id uuid, model text, service_tier text, served_from text, lanes integer, state text,
                     admitted_at timestamptz, began_at timestamptz, expected_end_at timestamptz, is_ended boolean)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT l.tenant_id, t.name, l.generation_id, g.model, g.service_tier, l.served_from, cardinality(l.lane_ids), g.state, l.admitted_at, l.began_at,
               coalesce(l.began_at, l.admitted_at) + g.burn_lane_ms / g.gang_lanes * interval '1 millisecond', l.ended_at IS NOT NULL
          FROM leases l
          JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id
          JOIN tenants t ON t.id = l.tenant_id
         WHERE l.pool_class = wanted_pool_class AND l.node_id = wanted_node_id AND l.freed_at IS NULL
         ORDER BY l.admitted_at, l.generation_id LIMIT max_rows
      $$`);
    for (const signature of ['lanes_in_use(text, text[])', 'jobs_of_node(text, text, integer)']) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_lookup`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION jobs_of_node(text, text, integer)');
    await runner.query('DROP FUNCTION lanes_in_use(text, text[])');
    await runner.query('DROP TABLE node_failures');
    await runner.query('REVOKE SELECT (id, pool_id, state, token_revoked_at, last_heard_at), UPDATE (state) ON nodes FROM halogen_api');
    await runner.query('REVOKE SELECT ON pools, lanes FROM halogen_api');
    await runner.query(`UPDATE nodes SET state = 'in_service' WHERE state = 'cordoned'`);
    await runner.query(`
      ALTER TABLE nodes DROP COLUMN resident_models, DROP CONSTRAINT nodes_state_check,
        ADD CONSTRAINT nodes_state_check CHECK (state IN ('in_service', 'draining', 'out_of_service'))`);
  }
}
