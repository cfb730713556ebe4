import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was last said of a connection's certificates, so that each warning is given once. */
export class WarnOfCertificates1764430002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sign_in_connections ADD COLUMN warned_of timestamptz, ADD COLUMN warned_days integer');
    await runner.query(
      `COMMENT ON COLUMN sign_in_connections.warned_of IS 'The end of the last certificate, as it was when a warning was given.'`,
    );
    await runner.query('CREATE POLICY of_control ON sign_in_connections TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query(`
      GRANT SELECT (tenant_id, id, kind, state, settings, removed_at, warned_of, warned_days), UPDATE (warned_of, warned_days)
         ON sign_in_connections TO halogen_control`);
    await runner.query(
      `CREATE INDEX sign_in_connections_by_saml ON sign_in_connections (id) WHERE kind = 'saml' AND state <> 'draft' AND removed_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX sign_in_connections_by_saml');
    await runner.query('REVOKE ALL ON sign_in_connections FROM halogen_control');
    await runner.query('DROP POLICY of_control ON sign_in_connections');
    await runner.query('ALTER TABLE sign_in_connections DROP COLUMN warned_of, DROP COLUMN warned_days');
  }
}
