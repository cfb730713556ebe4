import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generations, the leases they run under, and the checkpoints their finished stages left. */
export class CreateGenerations1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE generations (
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        id uuid NOT NULL,
        api_key_id uuid NOT NULL,
        surface text NOT NULL CHECK (surface IN ('dream_machine')),
        kind text NOT NULL CHECK (kind IN ('image', 'video')),
        model text NOT NULL,
        pool_class text NOT NULL,
        output jsonb NOT NULL,
        output_key text NOT NULL,
        request jsonb NOT NULL,
        prompt text NOT NULL,
        seed bigint NOT NULL,
        stages text[] NOT NULL,
        gang_lanes smallint NOT NULL DEFAULT 1 CHECK (gang_lanes > 0),
        service_tier text NOT NULL DEFAULT 'shared' CHECK (service_tier IN ('dedicated', 'spillover', 'shared', 'flex')),
        priority smallint NOT NULL DEFAULT 0,
        start_by timestamptz,
        complete_by timestamptz,
        state text NOT NULL CHECK (state IN ('queued', 'admitted', 'running', 'completed', 'failed', 'cancelled')),
        fence bigint NOT NULL DEFAULT 0,
        lost_leases smallint NOT NULL DEFAULT 0,
        price_micro bigint NOT NULL CHECK (price_micro >= 0),
        burn_lane_ms integer NOT NULL CHECK (burn_lane_ms > 0),
        rate_card_version integer NOT NULL,
        reserved jsonb NOT NULL,
        callback_url text,
        traceparent text,
        assets jsonb,
        failure_reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        first_began_at timestamptz,
        finished_at timestamptz,
        deleted_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX generations_newest ON generations (tenant_id, created_at DESC, id DESC) WHERE deleted_at IS NULL');
    await runner.query(`
      CREATE INDEX generations_queue_heads ON generations (pool_class, tenant_id, priority DESC, created_at, id) WHERE state = 'queued'`);
    await runner.query(`
      CREATE TABLE leases (
        tenant_id uuid NOT NULL,
        generation_id uuid NOT NULL,
        fence bigint NOT NULL,
        pool_class text NOT NULL,
        node_id text NOT NULL REFERENCES nodes (id),
        lane_ids text[] NOT NULL CHECK (cardinality(lane_ids) > 0),
        epoch bigint NOT NULL,
        served_from text NOT NULL DEFAULT 'shared' CHECK (served_from IN ('own', 'lent', 'shared')),
        traceparent text,
        admitted_at timestamptz NOT NULL DEFAULT now(),
        run_started_at timestamptz,
        began_at timestamptz,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text CHECK (end_reason IN ('settled', 'released', 'cancelled', 'taken_back', 'handed_back')),
        freed_at timestamptz,
        PRIMARY KEY (tenant_id, generation_id, fence),
        FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id),
        CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
        CHECK (freed_at IS NULL OR ended_at IS NOT NULL)
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX leases_not_freed ON leases (pool_class, node_id) WHERE freed_at IS NULL');
    await runner.query(
      'CREATE INDEX leases_without_run ON leases (pool_class, admitted_at) WHERE run_started_at IS NULL AND ended_at IS NULL',
    );
    await runner.query(`
      CREATE TABLE lane_occupancies (
        lane_id text PRIMARY KEY REFERENCES lanes (id),
        tenant_id uuid NOT NULL,
        generation_id uuid NOT NULL,
        fence bigint NOT NULL,
        FOREIGN KEY (tenant_id, generation_id, fence) REFERENCES leases (tenant_id, generation_id, fence)
      )`);
    await runner.query(
      `COMMENT ON TABLE lane_occupancies IS 'One row a lane whose lease is not freed: the primary key is what keeps a lane from two leases. Deleted when the lease is freed.'`,
    );
    await runner.query('CREATE INDEX lane_occupancies_of_lease ON lane_occupancies (tenant_id, generation_id, fence)');
    await runner.query(`
      CREATE TABLE checkpoints (
        tenant_id uuid NOT NULL,
        generation_id uuid NOT NULL,
        stage text NOT NULL,
        round smallint NOT NULL,
        fence bigint NOT NULL,
        outcome jsonb NOT NULL,
        finished_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, generation_id, stage, round),
        FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id)
      )`);
    const rightsByTable = {
      generations: {
        api: 'SELECT, INSERT, UPDATE (state, finished_at, deleted_at, failure_reason)',
        control: 'SELECT, INSERT, UPDATE',
      },
      leases: { api: 'SELECT, UPDATE (ended_at, end_reason)', control: 'SELECT, INSERT, UPDATE' },
      checkpoints: { api: 'SELECT', control: 'SELECT, INSERT, UPDATE' },
      lane_occupancies: { api: '', control: 'SELECT, INSERT, DELETE' },
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
    for (const table of ['checkpoints', 'lane_occupancies', 'leases', 'generations']) await runner.query(`DROP TABLE ${table}`);
  }
}
