import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every lane did at each minute of the last day, so that operators can look back. Written by the leader from what it keeps in memory. */
export class KeepLanePictures1764340000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE lane_pictures (
        pool_class text NOT NULL,
        taken_at timestamptz NOT NULL,
        ranges jsonb NOT NULL,
        slots jsonb NOT NULL,
        cells bytea NOT NULL,
        PRIMARY KEY (pool_class, taken_at)
      )`);
    await runner.query(
      `COMMENT ON TABLE lane_pictures IS 'Two bytes a lane, as in live_lanes; slots name the tenants of that moment. One a minute, for a day.'`,
    );
    // It names tenants, so the API reads it through the function alone, which it asks for platform staff alone.
    await runner.query('GRANT SELECT, INSERT, DELETE ON lane_pictures TO halogen_control');
    await runner.query('GRANT SELECT ON lane_pictures TO halogen_lookup');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION lane_picture(wanted_pool_class text, wanted_at timestamptz)
      RETURNS TABLE (taken_at timestamptz, ranges jsonb, slots jsonb, cells bytea)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
        SELECT p.taken_at, p.ranges,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('slot', s.key::int, 'tenantId', t.id, 'name', t.name) ORDER BY s.key::int), '[]')
                  FROM jsonb_each_text(p.slots) s JOIN tenants t ON t.id = s.value::uuid),
               p.cells
          FROM (SELECT * FROM lane_pictures WHERE pool_class = wanted_pool_class AND lane_pictures.taken_at <= wanted_at
                 ORDER BY lane_pictures.taken_at DESC LIMIT 1) AS p
      $$`);
    await runner.query('ALTER FUNCTION lane_picture(text, timestamptz) OWNER TO halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION lane_picture(text, timestamptz) FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION lane_picture(text, timestamptz) TO halogen_api');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION lane_picture(text, timestamptz)');
    await runner.query('DROP TABLE lane_pictures');
  }
}
