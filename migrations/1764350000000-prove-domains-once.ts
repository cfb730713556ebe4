import type { MigrationInterface, QueryRunner } from 'typeorm';

const SIGNATURE = 'domain_is_taken(text, uuid)';

/** Whether another tenant has proven a domain, which a tenant cannot see for itself. Asked only by who has just proven it too. */
export class ProveDomainsOnce1764350000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION domain_is_taken(wanted text, by_another_than uuid) RETURNS boolean
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
      AS $$ SELECT EXISTS (SELECT 1 FROM sign_in_domains WHERE domain = wanted AND tenant_id <> by_another_than AND verified_at IS NOT NULL) $$`);
    await runner.query('GRANT CREATE ON SCHEMA public TO halogen_sign_in');
    await runner.query(`ALTER FUNCTION ${SIGNATURE} OWNER TO halogen_sign_in`);
    await runner.query(`REVOKE EXECUTE ON FUNCTION ${SIGNATURE} FROM PUBLIC`);
    await runner.query(`GRANT EXECUTE ON FUNCTION ${SIGNATURE} TO halogen_api`);
    await runner.query('REVOKE CREATE ON SCHEMA public FROM halogen_sign_in');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION ${SIGNATURE}`);
  }
}
