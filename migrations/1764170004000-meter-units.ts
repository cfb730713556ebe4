import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How units are used, by minute; and how each month's guarantee was kept, with what was credited for it. */
export class MeterUnits1764170004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE utilization_minutes (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        pool_class text NOT NULL,
        minute timestamptz NOT NULL,
        units real NOT NULL,
        own_lanes real NOT NULL,
        borrowed_lanes real NOT NULL,
        shared_lanes real NOT NULL,
        lent_units real NOT NULL,
        PRIMARY KEY (tenant_id, pool_class, minute)
      )`);
    await runner.query(
      `COMMENT ON TABLE utilization_minutes IS 'Means over a minute. lent_units: idle units whose lanes others ran on, by the share of idle units.'`,
    );
    await runner.query('CREATE INDEX utilization_minutes_to_prune ON utilization_minutes (minute)');
    await runner.query(`
      CREATE TABLE guarantee_months (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        pool_class text NOT NULL,
        month date NOT NULL CHECK (extract(day FROM month) = 1),
        starts integer NOT NULL,
        kept_starts integer NOT NULL CHECK (kept_starts BETWEEN 0 AND starts),
        price_micro bigint NOT NULL,
        service_credit_micro bigint NOT NULL CHECK (service_credit_micro >= 0),
        lending_credit_micro bigint NOT NULL CHECK (lending_credit_micro >= 0),
        closed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, pool_class, month)
      )`);
    for (const [table, rights] of [
      ['utilization_minutes', 'SELECT, INSERT, DELETE'],
      ['guarantee_months', 'SELECT, INSERT'],
    ] as const) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} FOR SELECT TO halogen_api USING (tenant_id = ANY ((SELECT halogen_tenants())::uuid[]))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT SELECT ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_control`);
    }
    await runner.query(
      "CREATE INDEX generations_on_units ON generations (tenant_id, pool_class, created_at, id) WHERE service_tier IN ('dedicated', 'spillover')",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX generations_on_units');
    await runner.query('DROP TABLE guarantee_months');
    await runner.query('DROP TABLE utilization_minutes');
  }
}
