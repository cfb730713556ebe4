import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A pause may end by itself: nobody has to remember to lift it. */
export class LetPausesEnd1764450004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenant_pauses ADD COLUMN ends_at timestamptz');
    await runner.query('ALTER TABLE pool_pauses ADD COLUMN ends_at timestamptz');
    await runner.query('GRANT DELETE ON tenant_pauses, pool_pauses TO halogen_control');
    await runner.query('CREATE POLICY of_control_ends ON tenant_pauses FOR DELETE TO halogen_control USING (ends_at IS NOT NULL)');
    await runner.query('DROP FUNCTION paused_tenants()');
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_lookup');
    await runner.query(`
      CREATE FUNCTION paused_tenants() RETURNS TABLE (tenant_id uuid, reason text, paused_at timestamptz, ends_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT tenant_id, reason, paused_at, ends_at FROM tenant_pauses ORDER BY paused_at $$`);
    await runner.query('ALTER FUNCTION paused_tenants() OWNER TO halogen_lookup');
    await runner.query('REVOKE EXECUTE ON FUNCTION paused_tenants() FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION paused_tenants() TO halogen_api');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_lookup');
  }

  async down(): Promise<void> {
    throw new Error('A pause with an end would become one without: lift them first, and write a newer migration');
  }
}
