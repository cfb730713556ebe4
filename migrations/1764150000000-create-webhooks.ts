import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Endpoints to which a tenant's events go, one delivery for each event and endpoint, and the log of their attempts.
 * The API writes secrets and custom headers and can never read them again: only the role that signs may.
 */
export class CreateWebhooks1764150000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoints (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL DEFAULT uuidv7(),
        url text NOT NULL,
        description text,
        event_types text[],
        signing text NOT NULL CHECK (signing IN ('hmac', 'ed25519')),
        public_key text,
        header_names text[] NOT NULL DEFAULT '{}',
        headers jsonb NOT NULL DEFAULT '{}',
        max_per_second integer CHECK (max_per_second > 0),
        fifo boolean NOT NULL DEFAULT false,
        disabled_at timestamptz,
        disabled_reason text CHECK (disabled_reason IN ('customer', 'gone', 'failing')),
        failing_since timestamptz,
        probe_at timestamptz,
        paused_until timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
      )`);
    await runner.query(`COMMENT ON COLUMN webhook_endpoints.event_types IS 'Types and prefixes such as generation.*; null means all.'`);
    await runner.query(`
      CREATE TABLE webhook_secrets (
        tenant_id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        secret text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        PRIMARY KEY (tenant_id, endpoint_id, id),
        FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE webhook_sequences (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        last bigint NOT NULL
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        tenant_id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        event_id uuid NOT NULL,
        event_type text NOT NULL,
        sequence bigint NOT NULL,
        fifo boolean NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
        attempts integer NOT NULL DEFAULT 0,
        tries smallint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        claimed_until timestamptz,
        last_status smallint,
        last_error text,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, endpoint_id, id)
      ) WITH (fillfactor = 70)`);
    await runner.query(
      `COMMENT ON COLUMN webhook_deliveries.tries IS 'Attempts since the delivery was made or replayed: its place in the schedule.'`,
    );
    // A claim changes no indexed column, so that it stays on its page (HOT).
    await runner.query(`CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE state = 'pending'`);
    await runner.query(
      `CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (endpoint_id, sequence) WHERE state = 'pending' AND fifo`,
    );
    await runner.query('CREATE INDEX webhook_deliveries_old ON webhook_deliveries USING brin (created_at)');
    await runner.query(`
      CREATE TABLE webhook_attempts (
        tenant_id uuid NOT NULL,
        delivery_id uuid NOT NULL,
        attempt integer NOT NULL,
        url text NOT NULL,
        started_at timestamptz NOT NULL,
        duration_ms integer NOT NULL,
        status smallint,
        error text,
        answer_headers jsonb,
        answer_body text,
        next_attempt_at timestamptz,
        PRIMARY KEY (tenant_id, delivery_id, attempt)
      )`);
    await runner.query('CREATE INDEX webhook_attempts_old ON webhook_attempts USING brin (started_at)');
    await runner.query('CREATE INDEX events_old ON events USING brin (created_at)');
    await runner.query(`CREATE INDEX outbox_of_events ON outbox (id) WHERE consumer = 'delivery' AND event_id IS NOT NULL`);

    const readable = `tenant_id, id, url, description, event_types, signing, public_key, header_names, max_per_second, fifo,
      disabled_at, disabled_reason, failing_since, probe_at, paused_until, created_at, updated_at`;
    const rightsByTable = {
      webhook_endpoints: {
        api: `SELECT (${readable}), INSERT, UPDATE (url, description, event_types, public_key, header_names, headers, max_per_second, fifo,
          disabled_at, disabled_reason, failing_since, probe_at, paused_until, updated_at), DELETE`,
        control: 'SELECT, UPDATE (disabled_at, disabled_reason, failing_since, probe_at, paused_until)',
      },
      webhook_secrets: {
        api: 'SELECT (tenant_id, endpoint_id, id, created_at, expires_at), INSERT, UPDATE (expires_at), DELETE',
        control: 'SELECT, DELETE',
      },
      webhook_sequences: { api: '', control: 'SELECT, INSERT, UPDATE' },
      webhook_deliveries: {
        api: 'SELECT, UPDATE (state, tries, next_attempt_at, finished_at, fifo)',
        control: 'SELECT, INSERT, UPDATE, DELETE',
      },
      webhook_attempts: { api: 'SELECT', control: 'SELECT, INSERT, DELETE' },
    };
    for (const [table, rights] of Object.entries(rightsByTable)) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
      if (rights.api) await runner.query(`GRANT ${rights.api} ON ${table} TO halogen_api`);
      await runner.query(`GRANT ${rights.control} ON ${table} TO halogen_control`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX outbox_of_events, events_old');
    for (const table of ['webhook_attempts', 'webhook_deliveries', 'webhook_sequences', 'webhook_secrets', 'webhook_endpoints'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
