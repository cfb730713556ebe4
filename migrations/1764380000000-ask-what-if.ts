import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators ask of the last day, and the answers. No tenant's row: it names tenants as units and shares do, and holds figures of the whole pool class. */
export class AskWhatIf1764380000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE simulations (
        id uuid PRIMARY KEY,
        pool_class text NOT NULL,
        changes jsonb NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
        attempts smallint NOT NULL DEFAULT 0,
        claimed_until timestamptz,
        progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
        result jsonb,
        failure text,
        finished_at timestamptz,
        CHECK ((result IS NOT NULL) = (state = 'done')),
        CHECK ((failure IS NOT NULL) = (state = 'failed'))
      )`);
    await runner.query("CREATE INDEX simulations_open ON simulations (asked_at) WHERE state IN ('waiting', 'running')");
    await runner.query('CREATE INDEX simulations_newest ON simulations (asked_at DESC, id DESC)');
    await runner.query('GRANT SELECT, INSERT ON simulations TO halogen_api');
    await runner.query('GRANT SELECT, UPDATE, DELETE ON simulations TO halogen_control');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE simulations');
  }
}
