import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The outbox: one row a fact and consumer, written in the fact's transaction, deleted by the consumer that has dealt with it.
 * Deliveries: one row a call that a customer is owed, kept after its end as the log.
 */
export class CreateOutbox1764000005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer text NOT NULL CHECK (consumer IN ('scheduler', 'workflow', 'delivery', 'stream')),
        topic text NOT NULL,
        tenant_id uuid NOT NULL,
        generation_id uuid NOT NULL,
        pool_class text,
        payload jsonb NOT NULL DEFAULT '{}',
        traceparent text,
        attempts smallint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX outbox_by_consumer ON outbox (consumer, id)');
    await runner.query("CREATE INDEX outbox_in_order ON outbox (generation_id, id) WHERE consumer = 'delivery'");
    await runner.query(`
      CREATE TABLE deliveries (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL,
        generation_id uuid NOT NULL,
        event text NOT NULL CHECK (event IN ('dreaming', 'completed', 'failed')),
        url text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
        attempts smallint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        last_status smallint,
        last_error text,
        traceparent text,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (generation_id, event),
        FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id)
      )`);
    await runner.query(`CREATE INDEX deliveries_pending ON deliveries (next_attempt_at) WHERE state = 'pending'`);
    for (const table of ['outbox', 'deliveries']) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY of_tenant ON ${table} TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
      );
      await runner.query(`CREATE POLICY of_control ON ${table} TO halogen_control USING (true) WITH CHECK (true)`);
    }
    await runner.query('GRANT INSERT ON outbox TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO halogen_control');
    await runner.query('GRANT SELECT ON deliveries TO halogen_api');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON deliveries TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE deliveries');
    await runner.query('DROP TABLE outbox');
  }
}
