import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an agency sets once and its brands and their projects take over. Each level remembers what it sets for itself; what holds is kept
 * beside it, in the columns that admission, retention and submits read, so that none of them has to ask above.
 */
export class InheritSettings1764550001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenant_settings (
        tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
        own jsonb NOT NULL DEFAULT '{}',
        inherited jsonb NOT NULL DEFAULT '{}',
        allowed_models text[] CHECK (cardinality(allowed_models) > 0),
        allowed_regions text[] CHECK (cardinality(allowed_regions) > 0)
      )`);
    await runner.query(
      `COMMENT ON TABLE tenant_settings IS 'own: what the tenant sets. inherited: what its agency sets. allowed_*: what holds for work without a project.'`,
    );
    await runner.query('CREATE INDEX tenant_settings_with_regions ON tenant_settings (tenant_id) WHERE allowed_regions IS NOT NULL');
    await runner.query('ALTER TABLE tenant_settings ENABLE ROW LEVEL SECURITY');
    await runner.query('ALTER TABLE tenant_settings FORCE ROW LEVEL SECURITY');
    await runner.query(
      `CREATE POLICY of_tenant ON tenant_settings TO halogen_api USING (tenant_id = ANY (halogen_tenants())) WITH CHECK (tenant_id = ANY (halogen_tenants()))`,
    );
    await runner.query('CREATE POLICY of_control ON tenant_settings TO halogen_control USING (true) WITH CHECK (true)');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON tenant_settings TO halogen_api');
    await runner.query('GRANT SELECT ON tenant_settings TO halogen_control');
    await runner.query(`ALTER TABLE projects ADD COLUMN own_settings jsonb NOT NULL DEFAULT '{}'`);
    await this.keepWhatWasSet(runner);
  }

  /** What differs from what would be taken over was set on purpose. */
  private async keepWhatWasSet(runner: QueryRunner): Promise<void> {
    const tables = ['tenants', 'tenant_settings', 'projects'];
    // Whoever migrates may be an ordinary owner, whom forced row-level security shows nothing.
    for (const table of tables) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    await runner.query(`
      INSERT INTO tenant_settings (tenant_id, own, inherited)
      SELECT t.id,
             CASE WHEN t.service_tier <> coalesce(a.service_tier, 'shared') THEN jsonb_build_object('serviceTier', t.service_tier) ELSE '{}' END,
             CASE WHEN a.service_tier <> 'shared' THEN jsonb_build_object('serviceTier', a.service_tier) ELSE '{}' END
        FROM tenants t LEFT JOIN tenants a ON a.id = t.parent_tenant_id
       WHERE t.service_tier <> 'shared' OR a.service_tier <> 'shared'`);
    await runner.query(`
      UPDATE projects SET own_settings =
        CASE WHEN service_tier IS NULL THEN '{}' ELSE jsonb_build_object('serviceTier', service_tier) END
        || CASE WHEN allowed_models IS NULL THEN '{}' ELSE jsonb_build_object('allowedModels', allowed_models) END
        || CASE WHEN allowed_regions IS NULL THEN '{}' ELSE jsonb_build_object('allowedRegions', allowed_regions) END
        || CASE WHEN retention_days = 30 THEN '{}' ELSE jsonb_build_object('retentionDays', retention_days) END
        || CASE WHEN no_training THEN '{}' ELSE jsonb_build_object('noTraining', no_training) END
        || CASE WHEN budget_enforcement = 'refuse' THEN '{}' ELSE jsonb_build_object('budgetEnforcement', budget_enforcement) END`);
    for (const table of tables) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  }

  async down(): Promise<void> {
    throw new Error('What a level sets for itself is never dropped: restore a backup instead');
  }
}
