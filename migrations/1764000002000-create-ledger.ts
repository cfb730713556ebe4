import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Double entry: a transfer debits one account and credits another, so every sum over all accounts is zero by construction.
 * Tenant accounts carry a locked balance that can never go below zero; platform accounts are append-only and carry none.
 * Transfers point to accounts without a foreign key: its share locks on hot accounts would cost more than the fold that proves them.
 */
export class CreateLedger1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE grants (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        source text NOT NULL CHECK (source IN ('plan_period', 'top_up', 'promotion', 'service_credit')),
        priority smallint NOT NULL DEFAULT 0,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        effective_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE accounts (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('available', 'reserved', 'spent')),
        grant_id uuid,
        balance_micro bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id),
        CHECK ((kind = 'available') = (grant_id IS NOT NULL)),
        CONSTRAINT accounts_never_negative CHECK (balance_micro >= 0)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE transfers (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        debit_account_id uuid NOT NULL,
        credit_account_id uuid NOT NULL CHECK (credit_account_id <> debit_account_id),
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        code text NOT NULL CHECK (code IN ('grant', 'reserve', 'settle', 'release')),
        generation_id uuid,
        leg smallint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX transfers_once_per_phase ON transfers (generation_id, code, leg) WHERE generation_id IS NOT NULL`);
    await runner.query(`
      CREATE TABLE resolutions (
        tenant_id uuid NOT NULL,
        generation_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('settle', 'release')),
        fence bigint NOT NULL,
        settled_micro bigint NOT NULL CHECK (settled_micro >= 0),
        released_micro bigint NOT NULL CHECK (released_micro >= 0),
        served_from text CHECK (served_from IN ('own', 'lent', 'shared')),
        resolved_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, generation_id)
      )`);
    await runner.query(`
      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% on % is refused: rows of the ledger are never changed, corrections are new rows', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'restrict_violation';
      END
      $$`);
    for (const table of ['transfers', 'resolutions']) {
      await runner.query(
        `CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
      );
    }
    const grantsByTable = {
      grants: { api: 'SELECT', control: 'SELECT, INSERT' },
      accounts: { api: 'SELECT, UPDATE (balance_micro)', control: 'SELECT, INSERT, UPDATE (balance_micro)' },
      transfers: { api: 'SELECT, INSERT', control: 'SELECT, INSERT' },
      resolutions: { api: 'SELECT, INSERT', control: 'SELECT, INSERT' },
    };
    for (const [table, rights] of Object.entries(grantsByTable)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      await runner.query(`GRANT ${rights.api} ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights.control} ON ${table} TO halogen_control`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['resolutions', 'transfers', 'accounts', 'grants']) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP FUNCTION refuse_change()');
  }
}
