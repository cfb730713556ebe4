import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who recalled lanes from whom and what work that lost; and each start of a closed month that came too late. */
export class KeepRecallsAndMisses1764450002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE recalls (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        generation_id uuid NOT NULL,
        fence bigint NOT NULL,
        pool_class text NOT NULL,
        owner_id uuid NOT NULL REFERENCES tenants (id),
        node_id text NOT NULL,
        lanes integer NOT NULL CHECK (lanes > 0),
        lost_lane_ms bigint NOT NULL CHECK (lost_lane_ms >= 0),
        recalled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, generation_id, fence)
      )`);
    await runner.query('CREATE INDEX recalls_newest ON recalls (pool_class, recalled_at DESC)');
    await runner.query('CREATE INDEX recalls_to_prune ON recalls (recalled_at)');
    await runner.query(`
      CREATE TABLE guarantee_misses (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        pool_class text NOT NULL,
        month date NOT NULL,
        generation_id uuid NOT NULL,
        queued_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        started_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, pool_class, month, generation_id)
      )`);
    await runner.query(
      `COMMENT ON TABLE guarantee_misses IS 'due_at: when it would have started on a private partition of as many lanes.'`,
    );
    for (const [table, rights] of [
      ['recalls', 'SELECT, INSERT, DELETE'],
      ['guarantee_misses', 'SELECT, INSERT'],
    ] as const) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_control`);
    }
    await runner.query(
      `CREATE POLICY of_tenant ON guarantee_misses FOR SELECT TO halogen_api USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`,
    );
    await runner.query('GRANT SELECT ON guarantee_misses TO halogen_api');
    await runner.query('CREATE POLICY of_lookup ON recalls FOR SELECT TO halogen_lookup USING (true)');
    await runner.query('GRANT SELECT ON recalls TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION recalls_before(wanted_pool_class text, before timestamptz, max_rows integer)
      RETURNS TABLE (recalled_at timestamptz, owner_id uuid, owner_name text, tenant_id uuid, tenant_name text, generation_id uuid, node_id text,
                     lanes integer, lost_lane_ms bigint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT r.recalled_at, r.owner_id, o.name, r.tenant_id, t.name, r.generation_id, r.node_id, r.lanes, r.lost_lane_ms
          FROM recalls r JOIN tenants o ON o.id = r.owner_id JOIN tenants t ON t.id = r.tenant_id
         WHERE r.pool_class = wanted_pool_class AND r.recalled_at < before ORDER BY r.recalled_at DESC LIMIT max_rows
      $$`);
    await runner.query('ALTER FUNCTION recalls_before(text, timestamptz, integer) OWNER TO halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION recalls_before(text, timestamptz, integer) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION recalls_before(text, timestamptz, integer) TO halogen_api');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION recalls_before(text, timestamptz, integer)');
    await runner.query('DROP TABLE guarantee_misses, recalls');
  }
}
