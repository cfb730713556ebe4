import type { MigrationInterface, QueryRunner } from 'typeorm';

const SIGNATURE = 'directory_ways(uuid, text)';

/** Which memberships a directory lets somebody come in by: in its tenant, or in brands alone, whose rows the sign-in does not see. */
export class LetDirectoriesDecideWhoComesIn1764430501000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of [
      ['directory_users', 'tenant_id, id, email, active'],
      ['directory_memberships', 'tenant_id, user_id, target_tenant_id, member_id'],
    ]) {
      await runner.query(`CREATE POLICY of_sign_in ON ${table} FOR SELECT TO halogen_sign_in USING (true)`);
      await runner.query(`GRANT SELECT (${columns}) ON ${table} TO halogen_sign_in`);
    }
    await runner.query(`
      CREATE FUNCTION directory_ways(of_tenant uuid, wanted_email text) RETURNS TABLE (tenant_id uuid, member_id uuid, person_id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT m.tenant_id, m.id, m.person_id
              FROM directory_users u
              JOIN directory_memberships d ON d.tenant_id = u.tenant_id AND d.user_id = u.id
              JOIN members m ON m.tenant_id = d.target_tenant_id AND m.id = d.member_id AND m.email = u.email AND m.removed_at IS NULL
             WHERE u.tenant_id = of_tenant AND u.email = wanted_email AND u.active AND of_tenant = ANY (halogen_tenants())
             ORDER BY m.tenant_id $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    await runner.query(`ALTER FUNCTION ${SIGNATURE} OWNER TO halogen_sign_in`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
    await runner.query(`REVOKE EXECUTE ON FUNCTION ${SIGNATURE} FROM PUBLIC`);
    await runner.query(`GRANT EXECUTE ON FUNCTION ${SIGNATURE} TO halogen_api`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION ${SIGNATURE}`);
  }
}
