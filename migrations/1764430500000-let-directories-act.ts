import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Identity providers change members by SCIM: the audit log names the directory's token as who did it. */
export class LetDirectoriesAct1764430500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await setActors(runner, ['api_key', 'person', 'setup_link', 'directory', 'system']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await setActors(runner, ['api_key', 'person', 'setup_link', 'system']);
  }
}

async function setActors(runner: QueryRunner, kinds: readonly string[]): Promise<void> {
  await runner.query('ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check');
  const listed = kinds.map((kind) => `'${kind}'`).join(', ');
  await runner.query(`ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN (${listed}))`);
}
