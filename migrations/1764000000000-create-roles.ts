import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The three roles of the database, least privilege each. They log in only after the operator gave them a password:
 * a migration holds no secret. Roles belong to the whole server, so another database of it may have made them already.
 */
export class CreateRoles1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      DECLARE
        wanted text;
      BEGIN
        FOREACH wanted IN ARRAY ARRAY['halogen_api', 'halogen_control', 'halogen_lookup'] LOOP
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
          EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
          END;
        END LOOP;
      END
      $$`);
    // Whoever made the roles may administer them, but not yet give them functions to own.
    await runner.query('GRANT halogen_lookup TO CURRENT_USER');
    await runner.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await runner.query('GRANT USAGE ON SCHEMA public TO halogen_api, halogen_control, halogen_lookup');
    await runner.query(`
      CREATE FUNCTION halogen_tenants() RETURNS uuid[]
      LANGUAGE sql STABLE PARALLEL SAFE
      RETURN NULLIF(current_setting('halogen.tenants', true), '')::uuid[]`);
    await runner.query(
      `COMMENT ON FUNCTION halogen_tenants() IS 'Tenants this transaction may see. After a local set the value is an empty string again: that and unset both mean none.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION halogen_tenants()');
  }
}
