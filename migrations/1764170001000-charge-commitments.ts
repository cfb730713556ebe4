import type { MigrationInterface, QueryRunner } from 'typeorm';

const TODAY = `(now() AT TIME ZONE 'UTC')::date`;

/**
 * Commitments are paid through the ledger; operators cut capacity and credit whom it takes from; what was cut from a commitment that
 * was then cancelled counts no more.
 */
export class ChargeCommitments1764170001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Added to whatever is allowed by then: others add codes too.
    await runner.query(`
      DO $$
      DECLARE
        allowed text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'transfers_code_check');
      BEGIN
        ALTER TABLE transfers DROP CONSTRAINT transfers_code_check;
        EXECUTE 'ALTER TABLE transfers ADD CONSTRAINT transfers_code_check ' || replace(allowed, 'ARRAY[', 'ARRAY[''commit''::text, ');
      END
      $$`);
    await runner.query('GRANT INSERT ON capacity_cuts, commitment_cuts TO halogen_api');
    await runner.query('GRANT UPDATE (cancelled_at) ON capacity_cuts TO halogen_api');

    await runner.query(`
      CREATE OR REPLACE VIEW guarantees WITH (security_invoker = true) AS
      SELECT tenant_id, pool_class, sum(units)::integer AS units
        FROM (SELECT tenant_id, pool_class, units FROM commitments
               WHERE state <> 'cancelled' AND starts_on <= ${TODAY} AND ends_on > ${TODAY}
              UNION ALL
              SELECT c.tenant_id, c.pool_class, -c.units FROM commitment_cuts c JOIN commitments k ON k.tenant_id = c.tenant_id AND k.id = c.commitment_id
               WHERE k.state <> 'cancelled' AND c.starts_on <= ${TODAY} AND c.ends_on > ${TODAY}) AS counted
       GROUP BY tenant_id, pool_class`);
    await runner.query('GRANT SELECT (tenant_id, id, unit_month_cents, ordered_at) ON commitments TO halogen_lookup');
    await runner.query('GRANT SELECT (tenant_id, commitment_id) ON commitment_cuts TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE OR REPLACE FUNCTION sold_steps(wanted_pool_class text) RETURNS TABLE (on_day date, units_delta bigint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT step.on_day, sum(step.delta)
          FROM (SELECT starts_on, ends_on, units FROM commitments
                 WHERE pool_class = wanted_pool_class AND state IN ('ordered', 'active', 'renewed', 'ended') AND ends_on > ${TODAY}
                UNION ALL
                SELECT c.starts_on, c.ends_on, -c.units FROM commitment_cuts c JOIN commitments k ON k.tenant_id = c.tenant_id AND k.id = c.commitment_id
                 WHERE c.pool_class = wanted_pool_class AND k.state <> 'cancelled' AND c.ends_on > ${TODAY}) AS sold (starts_on, ends_on, units),
               LATERAL (VALUES (sold.starts_on, sold.units), (sold.ends_on, -sold.units)) AS step (on_day, delta)
         GROUP BY step.on_day HAVING sum(step.delta) <> 0 ORDER BY step.on_day
      $$`);
    // For operators' routes alone: a cut must know whose units it takes before it can name them to row-level security.
    await runner.query(`
      CREATE FUNCTION tenants_with_units(wanted_pool_class text) RETURNS TABLE (tenant_id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT DISTINCT tenant_id FROM commitments
         WHERE pool_class = wanted_pool_class AND state IN ('ordered', 'active', 'renewed', 'ended') AND ends_on > ${TODAY}
      $$`);
    await runner.query('ALTER FUNCTION tenants_with_units(text) OWNER TO halogen_lookup');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION tenants_with_units(text) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION tenants_with_units(text) TO halogen_api, halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION tenants_with_units(text)');
    await runner.query('REVOKE INSERT ON capacity_cuts, commitment_cuts FROM halogen_api');
    await runner.query('REVOKE UPDATE (cancelled_at) ON capacity_cuts FROM halogen_api');
  }
}
