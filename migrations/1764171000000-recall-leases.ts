import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Owners of units take lanes back from borrowers, and the scheduler hears when what is guaranteed changes. */
export class RecallLeases1764171000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE leases DROP CONSTRAINT leases_end_reason_check,
        ADD CONSTRAINT leases_end_reason_check
          CHECK (end_reason IN ('settled', 'released', 'cancelled', 'taken_back', 'handed_back', 'recalled'))`);
    await runner.query(`
      CREATE FUNCTION wake_scheduler() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('halogen_scheduler', '');
        RETURN NULL;
      END
      $$`);
    for (const table of ['commitments', 'commitment_cuts']) {
      await runner.query(
        `CREATE TRIGGER guarantees_changed AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION wake_scheduler()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['commitments', 'commitment_cuts']) await runner.query(`DROP TRIGGER guarantees_changed ON ${table}`);
    await runner.query('DROP FUNCTION wake_scheduler()');
    await runner.query(`
      ALTER TABLE leases DROP CONSTRAINT leases_end_reason_check,
        ADD CONSTRAINT leases_end_reason_check CHECK (end_reason IN ('settled', 'released', 'cancelled', 'taken_back', 'handed_back'))`);
  }
}
