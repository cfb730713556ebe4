import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets and header values are kept encrypted; the process that reads them encrypts those from before, and all of them again for a new key. */
export class EncryptWebhookSecrets1764370001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT UPDATE (secret) ON webhook_secrets TO halogen_control');
    await runner.query('GRANT UPDATE (headers) ON webhook_endpoints TO halogen_control');
    await runner.query(`COMMENT ON COLUMN webhook_secrets.secret IS 'Encrypted with a key of the configuration'`);
    await runner.query(
      `COMMENT ON COLUMN webhook_endpoints.headers IS 'A string, encrypted with a key of the configuration; {} when there are none'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE UPDATE (secret) ON webhook_secrets FROM halogen_control');
    await runner.query('REVOKE UPDATE (headers) ON webhook_endpoints FROM halogen_control');
  }
}
