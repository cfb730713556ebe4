import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANTS = '(SELECT halogen_tenants())::uuid[]';

/**
 * Invoices of months that have ended: issued once, numbered by their seller without gaps, never changed. What a customer is called and taxed
 * by is kept apart and copied into each invoice.
 */
export class CreateInvoices1764390001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE billing_details (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        name text NOT NULL DEFAULT '' CHECK (char_length(name) <= 200),
        address text NOT NULL DEFAULT '' CHECK (char_length(address) <= 1000),
        country text CHECK (country ~ '^[A-Z]{2}$'),
        tax_number text CHECK (char_length(tax_number) <= 50),
        email text CHECK (char_length(email) <= 320),
        tax_rate_basis_points integer NOT NULL DEFAULT 0 CHECK (tax_rate_basis_points BETWEEN 0 AND 10000),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `COMMENT ON COLUMN billing_details.tax_rate_basis_points IS 'Hundredths of a percent; the platform’s staff sets it'`,
    );
    await runner.query(`
      CREATE TABLE invoice_sellers (
        id text PRIMARY KEY,
        name text NOT NULL,
        address text NOT NULL,
        tax_number text,
        number_prefix text NOT NULL UNIQUE CHECK (number_prefix ~ '^[A-Z0-9]{1,10}$'),
        last_number integer NOT NULL DEFAULT 0 CHECK (last_number >= 0)
      )`);
    await runner.query(
      `COMMENT ON COLUMN invoice_sellers.last_number IS 'Moved by the transaction that issues, so that one which is rolled back leaves no gap'`,
    );
    await runner.query(`INSERT INTO invoice_sellers (id, name, address, number_prefix) VALUES ('halogen', 'Halogen', '', 'HAL')`);
    await runner.query(`
      CREATE TABLE invoice_runs (
        month date PRIMARY KEY CHECK (extract(day FROM month) = 1),
        after_tenant_id uuid,
        finished_at timestamptz
      )`);
    await runner.query(
      `COMMENT ON TABLE invoice_runs IS 'How far the invoices of a month have been issued: every tenant up to this one has its own'`,
    );
    await runner.query(`
      CREATE TABLE invoices (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        seller_id text NOT NULL REFERENCES invoice_sellers (id),
        number integer NOT NULL CHECK (number > 0),
        number_prefix text NOT NULL,
        month date NOT NULL CHECK (extract(day FROM month) = 1),
        issued_at timestamptz NOT NULL DEFAULT now(),
        currency text NOT NULL CHECK (currency = 'USD'),
        plan text,
        credit_price_millicents integer NOT NULL CHECK (credit_price_millicents > 0),
        subtotal_cents bigint NOT NULL,
        tax_rate_basis_points integer NOT NULL,
        tax_cents bigint NOT NULL,
        total_cents bigint NOT NULL CHECK (total_cents = subtotal_cents + tax_cents),
        seller jsonb NOT NULL,
        buyer jsonb NOT NULL,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, month),
        UNIQUE (seller_id, number)
      )`);
    await runner.query(`
      CREATE TABLE invoice_lines (
        tenant_id uuid NOT NULL,
        invoice_id uuid NOT NULL,
        line_number integer NOT NULL CHECK (line_number > 0),
        kind text NOT NULL CHECK (kind IN ('plan_fee', 'top_up', 'usage', 'overage', 'commitment', 'refund', 'service_credit', 'promotion')),
        project_id uuid,
        project_name text,
        model text,
        service_tier text,
        source text,
        plan text,
        quantity integer NOT NULL,
        micro bigint NOT NULL,
        price_millicents integer,
        amount_cents bigint NOT NULL,
        PRIMARY KEY (tenant_id, invoice_id, line_number),
        FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id)
      )`);
    await runner.query(
      `COMMENT ON COLUMN invoice_lines.micro IS 'Micro-credits the line is about: what was used, given or bought. Only what was bought, and plans, cost money'`,
    );
    for (const table of ['invoices', 'invoice_lines']) {
      await runner.query(
        `CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
      );
    }
    for (const table of ['billing_details', 'invoices', 'invoice_lines']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
    }
    await runner.query('GRANT SELECT, INSERT, UPDATE ON billing_details TO halogen_api');
    await runner.query('GRANT SELECT ON billing_details TO halogen_control');
    await runner.query('GRANT SELECT ON invoices, invoice_lines, invoice_sellers TO halogen_api');
    await runner.query('GRANT SELECT, INSERT ON invoices, invoice_lines TO halogen_control');
    await runner.query('GRANT SELECT, UPDATE (last_number) ON invoice_sellers TO halogen_control');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON invoice_runs TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['invoice_lines', 'invoices', 'invoice_runs', 'invoice_sellers', 'billing_details']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
