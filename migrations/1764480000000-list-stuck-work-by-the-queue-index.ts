import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index of queues has the deadline before the age: what has none is read by age, what has one in the order in which it is due. */
export class ListStuckWorkByTheQueueIndex1764480000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT SELECT (start_by, complete_by) ON generations TO halogen_lookup');
    await runner.query(`
      CREATE OR REPLACE FUNCTION stuck_generations(waiting_since timestamptz, max_rows integer)
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
           FROM (SELECT found.* FROM waiting_queues(1000) AS of, LATERAL (
                   (SELECT g.tenant_id, g.id, g.pool_class, g.service_tier, g.created_at FROM generations g
                     WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = of.pool_class AND g.tenant_id = of.tenant_id AND g.service_tier = of.service_tier
                       AND g.priority = of.priority AND coalesce(least(g.start_by, g.complete_by), 'infinity') = 'infinity' AND g.created_at < waiting_since
                     ORDER BY coalesce(least(g.start_by, g.complete_by), 'infinity'), g.created_at LIMIT max_rows)
                   UNION ALL
                   (SELECT due.* FROM (
                      SELECT g.tenant_id, g.id, g.pool_class, g.service_tier, g.created_at FROM generations g
                       WHERE g.state = 'queued' AND NOT g.is_held AND g.pool_class = of.pool_class AND g.tenant_id = of.tenant_id AND g.service_tier = of.service_tier
                         AND g.priority = of.priority AND coalesce(least(g.start_by, g.complete_by), 'infinity') < 'infinity'
                       ORDER BY coalesce(least(g.start_by, g.complete_by), 'infinity') LIMIT max_rows) AS due
                     WHERE due.created_at < waiting_since)) AS found
                  ORDER BY found.created_at LIMIT max_rows) AS w
           LEFT JOIN tenant_pauses p ON p.tenant_id = w.tenant_id
           LEFT JOIN pool_pauses q ON q.pool_class = w.pool_class)
      $$`);
  }

  async down(): Promise<void> {
    throw new Error('The function before it scanned queues under their new index: write a newer one instead');
  }
}
