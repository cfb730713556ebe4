import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The platform's staff says under which name, address and number series invoices are issued; the last number stays the issuing job's. */
export class LetOperatorsChangeTheSeller1764410000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT UPDATE (name, address, tax_number, number_prefix) ON invoice_sellers TO halogen_api');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE UPDATE (name, address, tax_number, number_prefix) ON invoice_sellers FROM halogen_api');
  }
}
