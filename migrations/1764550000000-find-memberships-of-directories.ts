import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever asks why somebody is a member looks for the directory that gave the membership, by the membership. */
export class FindMembershipsOfDirectories1764550000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX directory_memberships_of_member ON directory_memberships (target_tenant_id, member_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX directory_memberships_of_member');
  }
}
