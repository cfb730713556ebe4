import { changedSettings, type EffectiveSettings, effectiveSettings, type OwnSettings, type SettingName } from '#core/settings/settings';
import { type Actor, recordAudit } from '#features/audit/audit.service';
import type { Tx } from '#platform/database/tx';

/** What a level sets from now on, and what it takes over from above again. */
export interface SettingsChange {
  set: OwnSettings;
  inherit: readonly SettingName[];
}

/** What a tenant sets for itself, and what its agency sets. */
export interface TenantSettings {
  own: OwnSettings;
  inherited: OwnSettings;
}

/** The levels above a project, nearest first. */
export function tenantLevels({ own, inherited }: TenantSettings) {
  return [
    { source: 'tenant' as const, own },
    { source: 'agency' as const, own: inherited },
  ];
}

export async function readTenantSettings(tx: Tx, tenantId: string): Promise<TenantSettings> {
  const [row] = await tx.query<TenantSettings>('SELECT own, inherited FROM tenant_settings WHERE tenant_id = $1', [tenantId]);
  return row ?? { own: {}, inherited: {} };
}

/** Of a project about to be written: its tenant's settings do not change meanwhile. */
export async function heldTenantSettings(tx: Tx, tenantId: string): Promise<TenantSettings> {
  await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR SHARE', [tenantId]);
  return readTenantSettings(tx, tenantId);
}

/** A new brand takes over what its agency sets. The transaction sees both. */
export async function inheritFromAgency(tx: Tx, agencyId: string, brandId: string): Promise<void> {
  const { own: inherited } = await heldTenantSettings(tx, agencyId);
  await save(tx, [{ tenantId: brandId, own: {}, inherited, ...effectiveSettings(tenantLevels({ own: {}, inherited })) }]);
}

interface TenantRow extends TenantSettings {
  tenantId: string;
}
type SavedRow = TenantRow & EffectiveSettings;

/**
 * Changes what a tenant sets, and what its brands and all their projects take over with it. The transaction sees the tenant and all its
 * brands; at most a thousand, as an agency has.
 */
export async function changeTenantSettings(
  tx: Tx,
  actor: Actor,
  tenantId: string,
  brandIds: readonly string[],
  { set, inherit }: SettingsChange,
): Promise<TenantSettings> {
  const tenantIds = [tenantId, ...brandIds];
  await tx.query('SELECT 1 FROM tenants WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [tenantIds]);
  const rows = await tx.query<TenantRow>(
    `SELECT t.id AS "tenantId", coalesce(s.own, '{}') AS own, coalesce(s.inherited, '{}') AS inherited
       FROM tenants t LEFT JOIN tenant_settings s ON s.tenant_id = t.id WHERE t.id = ANY ($1)`,
    [tenantIds],
  );
  const before = rows.find((row) => row.tenantId === tenantId) as TenantRow;
  const own = changedSettings(before.own, set, inherit);
  const changed = rows.map((row): SavedRow => {
    const now = row.tenantId === tenantId ? { ...row, own } : { ...row, inherited: own };
    return { ...now, ...effectiveSettings(tenantLevels(now)) };
  });
  await save(tx, changed);
  await recordAudit(tx, [
    { tenantId, actor, action: 'tenant.settings_changed', targetId: tenantId, data: { set, inherit } },
    ...brandIds.map((id) => ({ tenantId: id, actor, action: 'tenant.settings_inherited', targetId: tenantId, data: { set, inherit } })),
  ]);
  return { own, inherited: before.inherited };
}

/** Keeps what each tenant sets and what holds, down to the projects that take it over. */
async function save(tx: Tx, rows: readonly SavedRow[]): Promise<void> {
  const stored = rows.map(({ tenantId, own, inherited, values }) => ({ tenantId, own, inherited, ...values }));
  await tx.query(SAVE_TENANTS, [JSON.stringify(stored)]);
  await tx.query(SAVE_PROJECTS, [JSON.stringify(stored)]);
}

const ROWS = `jsonb_to_recordset($1::jsonb) AS v ("tenantId" uuid, own jsonb, inherited jsonb, "serviceTier" text, "allowedModels" text[],
  "allowedRegions" text[], "retentionDays" integer, "noTraining" boolean, "budgetEnforcement" text)`;

const SAVE_TENANTS = `
  WITH tier AS (
    UPDATE tenants t SET service_tier = v."serviceTier" FROM ${ROWS} WHERE t.id = v."tenantId" AND t.service_tier <> v."serviceTier"
  )
  INSERT INTO tenant_settings (tenant_id, own, inherited, allowed_models, allowed_regions)
  SELECT "tenantId", own, inherited, "allowedModels", "allowedRegions" FROM ${ROWS}
  ON CONFLICT (tenant_id) DO UPDATE SET own = excluded.own, inherited = excluded.inherited,
                                        allowed_models = excluded.allowed_models, allowed_regions = excluded.allowed_regions`;

/** A project's tier is null while it takes its tenant's over, and so has nothing to be written. */
const SAVE_PROJECTS = `
  UPDATE projects p SET
    allowed_models = CASE WHEN p.own_settings ? 'allowedModels' THEN p.allowed_models ELSE v."allowedModels" END,
    allowed_regions = CASE WHEN p.own_settings ? 'allowedRegions' THEN p.allowed_regions ELSE v."allowedRegions" END,
    retention_days = CASE WHEN p.own_settings ? 'retentionDays' THEN p.retention_days ELSE v."retentionDays" END,
    no_training = CASE WHEN p.own_settings ? 'noTraining' THEN p.no_training ELSE v."noTraining" END,
    budget_enforcement = CASE WHEN p.own_settings ? 'budgetEnforcement' THEN p.budget_enforcement ELSE v."budgetEnforcement" END
  FROM ${ROWS} WHERE p.tenant_id = v."tenantId"`;
