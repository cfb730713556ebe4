import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The order book: which capacity exists on which day, as counts, and what of it is sold. Ranges of days are half open: `ends_on` is the
 * first day after. A commitment is a constant number of units; whatever changes the number ends one and begins another.
 */
export class CreateOrderBook1764170000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE order_books (
        pool_class text PRIMARY KEY,
        accelerator text NOT NULL,
        spare_one_node_in integer NOT NULL CHECK (spare_one_node_in > 0),
        revision bigint NOT NULL DEFAULT 0
      )`);
    await runner.query(
      `COMMENT ON TABLE order_books IS 'Everything that sells, moves or removes capacity of a pool class locks its row first, before any account.'`,
    );
    await runner.query(`
      CREATE TABLE site_phases (
        site_id text NOT NULL REFERENCES sites (id),
        pool_class text NOT NULL REFERENCES order_books (pool_class),
        phase smallint NOT NULL,
        powers_on date NOT NULL,
        nodes integer NOT NULL CHECK (nodes > 0),
        lanes_per_node integer NOT NULL CHECK (lanes_per_node > 0),
        megawatts numeric(8, 3) NOT NULL CHECK (megawatts >= 0),
        PRIMARY KEY (site_id, pool_class, phase)
      )`);
    await runner.query(`
      CREATE TABLE capacity_cuts (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        site_id text NOT NULL REFERENCES sites (id),
        pool_class text NOT NULL REFERENCES order_books (pool_class),
        kind text NOT NULL CHECK (kind IN ('maintenance', 'failure', 'delay', 'removal')),
        reason text NOT NULL,
        lanes integer NOT NULL CHECK (lanes > 0),
        starts_on date NOT NULL,
        ends_on date CHECK (ends_on > starts_on),
        forced boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        cancelled_at timestamptz
      )`);
    await runner.query('CREATE INDEX capacity_cuts_of_class ON capacity_cuts (pool_class, starts_on) WHERE cancelled_at IS NULL');
    await runner.query(`
      CREATE TABLE commitments (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        pool_class text NOT NULL REFERENCES order_books (pool_class),
        units integer NOT NULL CHECK (units > 0),
        term_months smallint NOT NULL CHECK (term_months IN (1, 3, 12)),
        unit_month_cents integer NOT NULL CHECK (unit_month_cents > 0),
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        state text NOT NULL CHECK (state IN ('ordered', 'active', 'renewed', 'ended', 'cancelled')),
        origin text NOT NULL CHECK (origin IN ('order', 'resize', 'transfer', 'renewal')),
        follows_id uuid,
        ordered_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        CHECK (ends_on > starts_on OR (ends_on = starts_on AND state IN ('ended', 'cancelled')))
      )`);
    await runner.query(
      `COMMENT ON COLUMN commitments.follows_id IS 'What it adds to (resize), continues (renewal) or was taken from (transfer, perhaps of another tenant).'`,
    );
    await runner.query(
      `CREATE INDEX commitments_sold ON commitments (pool_class, ends_on) WHERE state IN ('ordered', 'active', 'renewed', 'ended')`,
    );
    await runner.query(`
      CREATE TABLE commitment_cuts (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        commitment_id uuid NOT NULL,
        capacity_cut_id uuid NOT NULL REFERENCES capacity_cuts (id),
        pool_class text NOT NULL,
        units integer NOT NULL CHECK (units > 0),
        starts_on date NOT NULL,
        ends_on date NOT NULL CHECK (ends_on > starts_on),
        credit_micro bigint NOT NULL CHECK (credit_micro > 0),
        credited_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, commitment_id) REFERENCES commitments (tenant_id, id)
      )`);
    await runner.query('CREATE INDEX commitment_cuts_of_class ON commitment_cuts (pool_class, ends_on)');
    await runner.query(`
      CREATE TABLE commitment_charges (
        tenant_id uuid NOT NULL,
        commitment_id uuid NOT NULL,
        month smallint NOT NULL CHECK (month >= 0),
        due_on date NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        paid_at timestamptz,
        parts jsonb,
        refunded_micro bigint NOT NULL DEFAULT 0 CHECK (refunded_micro BETWEEN 0 AND amount_micro),
        PRIMARY KEY (tenant_id, commitment_id, month),
        FOREIGN KEY (tenant_id, commitment_id) REFERENCES commitments (tenant_id, id),
        CHECK ((paid_at IS NULL) = (parts IS NULL))
      )`);
    await runner.query('CREATE INDEX commitment_charges_due ON commitment_charges (due_on) WHERE paid_at IS NULL');

    const rightsByTable = {
      commitments: { api: 'SELECT, INSERT, UPDATE (state, ends_on)', control: 'SELECT, INSERT, UPDATE (state, ends_on)' },
      commitment_cuts: { api: 'SELECT', control: 'SELECT, INSERT' },
      commitment_charges: {
        api: 'SELECT, INSERT, DELETE, UPDATE (paid_at, parts, refunded_micro)',
        control: 'SELECT, INSERT, DELETE, UPDATE (paid_at, parts, refunded_micro)',
      },
    };
    for (const [table, rights] of Object.entries(rightsByTable)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT ${rights.api} ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights.control} ON ${table} TO halogen_control`);
    }
    await runner.query('GRANT SELECT, UPDATE (revision) ON order_books TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON order_books TO halogen_control');
    await runner.query('GRANT SELECT ON site_phases, capacity_cuts TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON site_phases, capacity_cuts TO halogen_control');
    // Where a phase or a cut is: names of sites are no secret, tokens of nodes are another table's.
    await runner.query('GRANT SELECT ON sites TO halogen_api');

    await runner.query(`
      CREATE VIEW guarantees WITH (security_invoker = true) AS
      SELECT tenant_id, pool_class, sum(units)::integer AS units
        FROM (SELECT tenant_id, pool_class, units FROM commitments
               WHERE state <> 'cancelled' AND starts_on <= (now() AT TIME ZONE 'UTC')::date AND ends_on > (now() AT TIME ZONE 'UTC')::date
              UNION ALL
              SELECT tenant_id, pool_class, -units FROM commitment_cuts
               WHERE starts_on <= (now() AT TIME ZONE 'UTC')::date AND ends_on > (now() AT TIME ZONE 'UTC')::date) AS counted
       GROUP BY tenant_id, pool_class`);
    await runner.query(`COMMENT ON VIEW guarantees IS 'Units that each tenant is guaranteed today (UTC).'`);
    await runner.query('GRANT SELECT ON guarantees TO halogen_api, halogen_control');

    // What is sold is the sum over all tenants, of which nobody may see the parts.
    await runner.query(`
      CREATE FUNCTION sold_steps(wanted_pool_class text) RETURNS TABLE (on_day date, units_delta bigint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT step.on_day, sum(step.delta)
          FROM (SELECT starts_on, ends_on, units FROM commitments
                 WHERE pool_class = wanted_pool_class AND state IN ('ordered', 'active', 'renewed', 'ended') AND ends_on > (now() AT TIME ZONE 'UTC')::date
                UNION ALL
                SELECT starts_on, ends_on, -units FROM commitment_cuts
                 WHERE pool_class = wanted_pool_class AND ends_on > (now() AT TIME ZONE 'UTC')::date) AS sold (starts_on, ends_on, units),
               LATERAL (VALUES (sold.starts_on, sold.units), (sold.ends_on, -sold.units)) AS step (on_day, delta)
         GROUP BY step.on_day HAVING sum(step.delta) <> 0 ORDER BY step.on_day
      $$`);
    await runner.query('GRANT SELECT (pool_class, state, units, starts_on, ends_on) ON commitments TO halogen_lookup');
    await runner.query('GRANT SELECT (pool_class, units, starts_on, ends_on) ON commitment_cuts TO halogen_lookup');
    for (const table of ['commitments', 'commitment_cuts']) {
      await runner.query(`CREATE POLICY of_lookup ON ${table} FOR SELECT TO halogen_lookup USING (true)`);
    }
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query('ALTER FUNCTION sold_steps(text) OWNER TO halogen_lookup');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION sold_steps(text) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION sold_steps(text) TO halogen_api, halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION sold_steps(text)');
    await runner.query('DROP VIEW guarantees');
    for (const table of ['commitment_charges', 'commitment_cuts', 'commitments', 'capacity_cuts', 'site_phases', 'order_books']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('REVOKE SELECT ON sites FROM halogen_api');
  }
}
