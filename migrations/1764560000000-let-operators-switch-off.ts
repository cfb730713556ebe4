import type { MigrationInterface, QueryRunner } from 'typeorm';

const TOUCHED = 'touched_by(text, text, text, integer)';

/** Switches of operators, proposals that wait for a second person, and what each would touch. None of it is a tenant's row. */
export class LetOperatorsSwitchOff1764560000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE switches (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        stops text NOT NULL CHECK (stops IN ('submits', 'webhooks', 'ingestion')),
        scope text NOT NULL CHECK (scope IN ('all', 'tenant', 'pool', 'model')),
        subject text CHECK ((subject IS NULL) = (scope = 'all')),
        reason text NOT NULL,
        set_at timestamptz NOT NULL DEFAULT now(),
        ends_at timestamptz,
        set_in uuid NOT NULL REFERENCES tenants (id)
      )`);
    await runner.query(`CREATE UNIQUE INDEX switches_once ON switches (stops, scope, coalesce(subject, ''))`);
    await runner.query(`COMMENT ON COLUMN switches.set_in IS 'The tenant of the staff, whose audit log tells of its end.'`);
    await runner.query('GRANT SELECT, INSERT, DELETE ON switches TO halogen_api');
    await runner.query('GRANT SELECT, DELETE ON switches TO halogen_control');
    await runner.query('ALTER TABLE pool_pauses ADD COLUMN paused_in uuid REFERENCES tenants (id)');
    await runner.query(`
      CREATE TABLE proposals (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        act jsonb NOT NULL,
        reason text NOT NULL,
        touched jsonb NOT NULL,
        proposed_in uuid NOT NULL REFERENCES tenants (id),
        proposed_by uuid NOT NULL,
        proposer text NOT NULL,
        proposed_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        decision text CHECK (decision IN ('approved', 'declined', 'expired')),
        decided_at timestamptz,
        decided_by uuid,
        decider text
      )`);
    await runner.query('CREATE INDEX proposals_open ON proposals (expires_at) WHERE decision IS NULL');
    await runner.query('GRANT SELECT, INSERT ON proposals TO halogen_api');
    await runner.query('GRANT UPDATE (decision, decided_at, decided_by, decider) ON proposals TO halogen_api');
    await runner.query('GRANT SELECT ON proposals TO halogen_control');
    await runner.query('GRANT UPDATE (decision, decided_at) ON proposals TO halogen_control');

    await runner.query('GRANT SELECT (tenant_id, id) ON webhook_endpoints TO halogen_lookup');
    await runner.query('GRANT SELECT (tenant_id, endpoint_id, state) ON webhook_deliveries TO halogen_lookup');
    await runner.query('GRANT SELECT (tenant_id, state) ON deliveries TO halogen_lookup');
    await runner.query('GRANT SELECT (tenant_id, finished_at) ON batches TO halogen_lookup');
    for (const table of ['webhook_endpoints', 'webhook_deliveries', 'deliveries', 'batches'])
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    // Kept figures where there are any; what is counted is looked at up to a bound, and then it is "at least".
    await runner.query(`
      CREATE FUNCTION ${TOUCHED.replace('(text, text, text, integer)', '(of_stops text, of_scope text, of_subject text, most integer)')}
      RETURNS TABLE (what text, value integer, exact boolean)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        WITH running AS (
          SELECT count(*) FILTER (WHERE is_met)::int AS value, count(*) < most AS exact FROM (
            SELECT CASE of_scope WHEN 'all' THEN true WHEN 'tenant' THEN l.tenant_id::text = of_subject WHEN 'pool' THEN l.pool_class = of_subject
                        ELSE (SELECT g.model = of_subject FROM generations g WHERE g.tenant_id = l.tenant_id AND g.id = l.generation_id) END AS is_met
              FROM leases l WHERE l.freed_at IS NULL LIMIT most) AS leased
        ), depths AS (
          SELECT * FROM queue_depths d
           WHERE of_scope IN ('all', 'tenant', 'pool') AND d.queued > 0
             AND CASE of_scope WHEN 'tenant' THEN d.tenant_id::text = of_subject WHEN 'pool' THEN d.pool_class = of_subject ELSE true END
           LIMIT most
        ), queued AS (
          SELECT coalesce(sum(queued), 0)::int AS value, NOT coalesce(bool_or(is_at_least), false) AS exact FROM depths HAVING of_scope <> 'model'
          UNION ALL
          SELECT count(*) FILTER (WHERE model = of_subject)::int, count(*) < most
            FROM (SELECT g.model FROM generations g WHERE g.state = 'queued' AND of_scope = 'model' LIMIT most) AS waiting HAVING of_scope = 'model'
        ), started AS (
          SELECT w.tenant_id, (SELECT sum(n) FROM unnest(w.buckets) AS n) AS starts FROM queue_waits w
           WHERE of_scope <> 'model' AND w.step_s = 300 AND w.starts_at > now() - interval '1 hour'
             AND CASE of_scope WHEN 'tenant' THEN w.tenant_id::text = of_subject WHEN 'pool' THEN w.pool_class = of_subject ELSE true END
           LIMIT most
        )
        SELECT 'running', value, exact FROM running WHERE of_stops = 'submits'
        UNION ALL SELECT 'queued', value, exact FROM queued WHERE of_stops = 'submits'
        UNION ALL SELECT 'started_last_hour', coalesce(sum(starts), 0)::int, count(*) < most FROM started
                   WHERE of_stops = 'submits' AND of_scope <> 'model' HAVING of_stops = 'submits' AND of_scope <> 'model'
        UNION ALL SELECT 'tenants', count(*)::int, true FROM (SELECT tenant_id FROM depths UNION SELECT tenant_id FROM started) AS met
                   HAVING of_stops = 'submits' AND of_scope IN ('all', 'pool')
        UNION ALL SELECT 'deliveries', count(*)::int, count(*) < most FROM (
                    SELECT 1 FROM webhook_endpoints e, LATERAL (
                      SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'pending' LIMIT most) AS due
                     WHERE of_stops = 'webhooks' AND (of_scope = 'all' OR e.tenant_id::text = of_subject) LIMIT most) AS pending
                   HAVING of_stops = 'webhooks'
        UNION ALL SELECT 'callbacks', count(*) FILTER (WHERE of_scope = 'all' OR tenant_id::text = of_subject)::int, count(*) < most
                   FROM (SELECT d.tenant_id FROM deliveries d WHERE of_stops = 'webhooks' AND d.state = 'pending' LIMIT most) AS pending
                   HAVING of_stops = 'webhooks'
        UNION ALL SELECT 'batches', count(*)::int, count(*) < most FROM (
                    SELECT 1 FROM batches b WHERE of_stops = 'ingestion' AND b.finished_at IS NULL
                       AND (of_scope = 'all' OR b.tenant_id::text = of_subject) LIMIT most) AS unfinished
                   HAVING of_stops = 'ingestion'
      $$`);
    await runner.query(`ALTER FUNCTION ${TOUCHED} OWNER TO halogen_lookup`);
    await runner.query(`REVOKE EXECUTE ON FUNCTION ${TOUCHED} FROM PUBLIC`);
    await runner.query(`GRANT EXECUTE ON FUNCTION ${TOUCHED} TO halogen_api`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION ${TOUCHED}`);
    for (const table of ['webhook_endpoints', 'webhook_deliveries', 'deliveries', 'batches'])
      await runner.query(`DROP POLICY of_lookup ON ${table}`);
    await runner.query('REVOKE SELECT (tenant_id, id) ON webhook_endpoints FROM halogen_lookup');
    await runner.query('REVOKE SELECT (tenant_id, endpoint_id, state) ON webhook_deliveries FROM halogen_lookup');
    await runner.query('REVOKE SELECT (tenant_id, state) ON deliveries FROM halogen_lookup');
    await runner.query('REVOKE SELECT (tenant_id, finished_at) ON batches FROM halogen_lookup');
    await runner.query('DROP TABLE proposals');
    await runner.query('ALTER TABLE pool_pauses DROP COLUMN paused_in');
    await runner.query('DROP TABLE switches');
  }
}
