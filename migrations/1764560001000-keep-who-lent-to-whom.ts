import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who lent to whom, by day: minutes are kept for two months, days for more than a year. */
export class KeepWhoLentToWhom1764560001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE lending_days (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        borrower_id uuid NOT NULL REFERENCES tenants (id),
        pool_class text NOT NULL,
        day date NOT NULL,
        lane_minutes double precision NOT NULL CHECK (lane_minutes >= 0),
        PRIMARY KEY (pool_class, day, tenant_id, borrower_id)
      )`);
    await runner.query(`COMMENT ON COLUMN lending_days.tenant_id IS 'The lender.'`);
    await runner.query('ALTER TABLE lending_days ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE lending_days FORCE ROW LEVEL SECURITY');
    await runner.query('CREATE POLICY of_control ON lending_days TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('CREATE POLICY of_lookup ON lending_days FOR SELECT TO halogen_lookup USING (true)');
    await runner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON lending_days TO halogen_control');
    await runner.query('GRANT SELECT ON lending_days TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION lending_before(wanted_pool_class text, before date, max_rows integer)
      RETURNS TABLE (day date, lender_id uuid, lender_name text, borrower_id uuid, borrower_name text, lane_minutes double precision)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT l.day, l.tenant_id, o.name, l.borrower_id, b.name, l.lane_minutes
          FROM (SELECT * FROM lending_days d WHERE d.pool_class = wanted_pool_class AND d.day < before
                 ORDER BY d.pool_class DESC, d.day DESC, d.tenant_id DESC, d.borrower_id DESC LIMIT max_rows) AS l
          JOIN tenants o ON o.id = l.tenant_id JOIN tenants b ON b.id = l.borrower_id
         ORDER BY l.day DESC, l.lane_minutes DESC
      $$`);
    await runner.query('ALTER FUNCTION lending_before(text, date, integer) OWNER TO halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION lending_before(text, date, integer) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION lending_before(text, date, integer) TO halogen_api');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION lending_before(text, date, integer)');
    await runner.query('DROP TABLE lending_days');
  }
}
