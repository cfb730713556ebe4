import type { MigrationInterface, QueryRunner } from 'typeorm';

const FUNCTIONS = [
  'waiting_queues(integer)',
  'stuck_generations(timestamptz, integer)',
  'queue_waits_of(text, integer, timestamptz, integer)',
  'queue_depths_of(text, integer)',
];

/** What operators see of queues is kept as it happens, so that no page counts or scans what waits. */
export class KeepQueueFigures1764450001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE queue_waits (
        pool_class text NOT NULL,
        step_s integer NOT NULL,
        starts_at timestamptz NOT NULL,
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        service_tier text NOT NULL,
        buckets integer[] NOT NULL,
        PRIMARY KEY (pool_class, step_s, starts_at, tenant_id, service_tier)
      )`);
    await runner.query(`COMMENT ON TABLE queue_waits IS 'Starts by how long they waited, in the buckets of core/scheduling/wait-buckets.'`);
    await runner.query(`
      CREATE TABLE queue_depths (
        pool_class text NOT NULL,
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        service_tier text NOT NULL,
        queued integer NOT NULL,
        is_at_least boolean NOT NULL,
        counted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (pool_class, tenant_id, service_tier)
      )`);
    for (const table of ['queue_waits', 'queue_depths']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
      await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO halogen_control`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_lookup`);
    }
    await runner.query('GRANT SELECT (priority) ON generations TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    // From one group of the index generations_queue_heads to the next: a look at one row each, however many wait. What a paused batch holds is
    // not in it: it waits for its customer.
    await runner.query(`
      CREATE FUNCTION waiting_queues(max_rows integer) RETURNS TABLE (pool_class text, tenant_id uuid, service_tier text, priority smallint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        WITH RECURSIVE queue AS (
          (SELECT g.pool_class, g.tenant_id, g.service_tier, g.priority FROM generations g WHERE g.state = 'queued' AND NOT g.is_held
            ORDER BY g.pool_class, g.tenant_id, g.service_tier, g.priority DESC LIMIT 1)
          UNION ALL
          SELECT next.* FROM queue q, LATERAL (
            SELECT * FROM (
              (SELECT g.pool_class, g.tenant_id, g.service_tier, g.priority FROM generations g
                WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = q.pool_class AND g.tenant_id = q.tenant_id AND g.service_tier = q.service_tier
                  AND g.priority < q.priority ORDER BY g.priority DESC LIMIT 1)
              UNION ALL
              (SELECT g.pool_class, g.tenant_id, g.service_tier, g.priority FROM generations g
                WHERE g.state = 'queued' AND NOT g.is_held AND (g.pool_class, g.tenant_id, g.service_tier) > (q.pool_class, q.tenant_id, q.service_tier)
                ORDER BY g.pool_class, g.tenant_id, g.service_tier, g.priority DESC LIMIT 1)
            ) AS found LIMIT 1) AS next
        )
        SELECT * FROM queue LIMIT max_rows
      $$`);
    await runner.query('DROP FUNCTION stuck_generations(timestamptz, integer)');
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
        (SELECT w.tenant_id, w.id, w.pool_class, w.service_tier, 'queued', w.created_at,
                CASE WHEN p.tenant_id IS NOT NULL THEN 'tenant_paused'
                     WHEN q.pool_class IS NOT NULL THEN 'pool_paused'
                     WHEN NOT EXISTS (SELECT 1 FROM scheduler_leaders s WHERE s.pool_class = w.pool_class AND s.expires_at > clock_timestamp())
                       THEN 'no_leader'
                     WHEN NOT EXISTS (SELECT 1 FROM pools o JOIN nodes n ON n.pool_id = o.id
                                       WHERE o.pool_class = w.pool_class AND n.state = 'in_service' AND n.last_heard_at > now() - interval '1 minute')
                       THEN 'no_node'
                     ELSE 'waits_for_lanes' END, NULL
           FROM (SELECT oldest.* FROM waiting_queues(1000) AS of, LATERAL (
                   SELECT g.tenant_id, g.id, g.pool_class, g.service_tier, g.created_at FROM generations g
                    WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = of.pool_class AND g.tenant_id = of.tenant_id AND g.service_tier = of.service_tier
                      AND g.priority = of.priority AND g.created_at < waiting_since
                    ORDER BY g.created_at LIMIT max_rows) AS oldest
                  ORDER BY oldest.created_at LIMIT max_rows) AS w
           LEFT JOIN tenant_pauses p ON p.tenant_id = w.tenant_id
           LEFT JOIN pool_pauses q ON q.pool_class = w.pool_class)
      $$`);
    await runner.query(`
      CREATE FUNCTION queue_waits_of(wanted_pool_class text, wanted_step_s integer, wanted_from timestamptz, max_rows integer)
      RETURNS TABLE (starts_at timestamptz, tenant_id uuid, tenant_name text, service_tier text, buckets integer[])
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT w.starts_at, w.tenant_id, t.name, w.service_tier, w.buckets FROM queue_waits w JOIN tenants t ON t.id = w.tenant_id
         WHERE w.pool_class = wanted_pool_class AND w.step_s = wanted_step_s AND w.starts_at >= wanted_from
         ORDER BY w.starts_at DESC, w.tenant_id, w.service_tier LIMIT max_rows
      $$`);
    await runner.query(`
      CREATE FUNCTION queue_depths_of(wanted_pool_class text, max_rows integer)
      RETURNS TABLE (tenant_id uuid, tenant_name text, service_tier text, queued integer, is_at_least boolean, counted_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT d.tenant_id, t.name, d.service_tier, d.queued, d.is_at_least, d.counted_at FROM queue_depths d JOIN tenants t ON t.id = d.tenant_id
         WHERE d.pool_class = wanted_pool_class ORDER BY d.queued DESC, d.tenant_id, d.service_tier LIMIT max_rows
      $$`);
    for (const signature of FUNCTIONS) {
      await runner.query(`ALTER FUNCTION ${signature} OWNER TO halogen_lookup`);
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO halogen_api`);
    }
    await runner.query('GRANT EXECUTE ON FUNCTION waiting_queues(integer) TO halogen_control');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(): Promise<void> {
    throw new Error('The function before it scanned what waits: write a newer one instead');
  }
}
