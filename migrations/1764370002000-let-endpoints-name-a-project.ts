import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An endpoint may be of one project and then hears of nothing else; an event may be for one endpoint alone, as a test is. */
export class LetEndpointsNameAProject1764370002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE webhook_endpoints ADD COLUMN project_id uuid, ADD FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)',
    );
    await runner.query('GRANT SELECT (project_id) ON webhook_endpoints TO halogen_api');
    await runner.query('ALTER TABLE events ADD COLUMN endpoint_id uuid');
    await runner.query(`COMMENT ON COLUMN events.endpoint_id IS 'Set for an event that is for this endpoint alone.'`);
    await runner.query(`UPDATE events SET endpoint_id = (data ->> 'endpointId')::uuid WHERE type = 'webhook.test'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE events DROP COLUMN endpoint_id');
    await runner.query('ALTER TABLE webhook_endpoints DROP COLUMN project_id');
  }
}
