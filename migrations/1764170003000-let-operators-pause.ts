import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators may do to the queue: pause a tenant or a pool class, give a generation another priority or pool class, see what is stuck. */
export class LetOperatorsPause1764170003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE pool_pauses (
        pool_class text PRIMARY KEY,
        reason text NOT NULL,
        paused_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE tenant_pauses (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        reason text NOT NULL,
        paused_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('ALTER TABLE tenant_pauses ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE tenant_pauses FORCE ROW LEVEL SECURITY');
    await runner.query(
      'CREATE POLICY of_tenant ON tenant_pauses TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))',
    );
    await runner.query('CREATE POLICY of_control ON tenant_pauses FOR SELECT TO halogen_control USING (true)');
    await runner.query('CREATE POLICY of_lookup ON tenant_pauses FOR SELECT TO halogen_lookup USING (true)');
    await runner.query('GRANT SELECT, INSERT, DELETE ON tenant_pauses, pool_pauses TO halogen_api');
    await runner.query('GRANT SELECT ON tenant_pauses, pool_pauses TO halogen_control, halogen_lookup');
    await runner.query('GRANT UPDATE (priority, pool_class) ON generations TO halogen_api');

    // Column by column: no prompt, no request, no name.
    await runner.query(
      'GRANT SELECT (tenant_id, id, state, pool_class, service_tier, is_held, created_at, fence) ON generations TO halogen_lookup',
    );
    await runner.query(
      'GRANT SELECT (tenant_id, generation_id, fence, pool_class, node_id, admitted_at, run_started_at, expires_at, ended_at, freed_at) ON leases TO halogen_lookup',
    );
    await runner.query('GRANT SELECT ON pools, scheduler_leaders TO halogen_lookup');
    for (const table of ['generations', 'leases']) {
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
    }
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION paused_tenants() RETURNS TABLE (tenant_id uuid, reason text, paused_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT tenant_id, reason, paused_at FROM tenant_pauses ORDER BY paused_at $$`);
    await runner.query(`
      CREATE FUNCTION stuck_generations(waiting_since timestamptz, max_rows integer)
      RETURNS TABLE (tenant_id uuid, generation_id uuid, pool_class text, service_tier text, state text, since timestamptz, reason text, node_id text)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        (SELECT l.tenant_id, l.generation_id, l.pool_class, g.service_tier, g.state, l.admitted_at,
                CASE WHEN l.ended_at IS NOT NULL THEN 'lanes_not_freed'
                     WHEN l.run_started_at IS NULL THEN 'lease_without_run'
                     ELSE 'past_its_limit' END, l.node_id
           FROM leases l JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id
          WHERE l.freed_at IS NULL
            AND (l.ended_at < now() - interval '10 seconds' OR l.expires_at < now()
                 OR (l.ended_at IS NULL AND l.run_started_at IS NULL AND l.admitted_at < now() - interval '10 seconds'))
          ORDER BY l.admitted_at LIMIT max_rows)
        UNION ALL
        (SELECT g.tenant_id, g.id, g.pool_class, g.service_tier, g.state, g.created_at,
                CASE WHEN p.tenant_id IS NOT NULL THEN 'tenant_paused'
                     WHEN q.pool_class IS NOT NULL THEN 'pool_paused'
                     WHEN g.is_held THEN 'batch_paused'
                     WHEN NOT EXISTS (SELECT 1 FROM scheduler_leaders s WHERE s.pool_class = g.pool_class AND s.expires_at > clock_timestamp())
                       THEN 'no_leader'
                     WHEN NOT EXISTS (SELECT 1 FROM pools o JOIN nodes n ON n.pool_id = o.id
                                       WHERE o.pool_class = g.pool_class AND n.state = 'in_service' AND n.last_heard_at > now() - interval '1 minute')
                       THEN 'no_node'
                     ELSE 'waits_for_lanes' END, NULL
           FROM generations g
           LEFT JOIN tenant_pauses p ON p.tenant_id = g.tenant_id
           LEFT JOIN pool_pauses q ON q.pool_class = g.pool_class
          WHERE g.state = 'queued' AND g.created_at < waiting_since
          ORDER BY g.created_at LIMIT max_rows)
      $$`);
    for (const signature of ['paused_tenants()', 'stuck_generations(timestamptz, integer)']) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_lookup`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION stuck_generations(timestamptz, integer)');
    await runner.query('DROP FUNCTION paused_tenants()');
    for (const table of ['generations', 'leases']) await runner.query(`DROP POLICY of_lookup ON ${table}`);
    await runner.query(
      'REVOKE SELECT (tenant_id, id, state, pool_class, service_tier, is_held, created_at, fence) ON generations FROM halogen_lookup',
    );
    await runner.query('REVOKE UPDATE (priority, pool_class) ON generations FROM halogen_api');
    await runner.query('DROP TABLE tenant_pauses');
    await runner.query('DROP TABLE pool_pauses');
  }
}
