import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { CreateProject, UpdateProject } from '#contracts/native/projects';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { parseCredits } from '#core/ledger/credits';
import { monthOf } from '#core/ledger/spending-cap';
import { changedSettings, effectiveSettings, type OwnSettings, type SettingName } from '#core/settings/settings';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { MAX_PROJECTS } from '#features/tenants/limits';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { heldTenantSettings, type TenantSettings, tenantLevels } from '#features/tenants/tenant-settings';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface ProjectRow {
  id: string;
  name: string;
  monthly_budget_micro: string | null;
  used_micro: string;
  legal_hold: boolean;
  own_settings: OwnSettings;
  /** What its tenant and the agency above set. */
  above: TenantSettings;
  created_at: Date;
  archived_at: Date | null;
}

/** Folders of a tenant's work, with defaults and a monthly budget. */
@Injectable()
export class ProjectsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async create(caller: Caller, tenant: string | undefined, wanted: CreateProject): Promise<ProjectRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ProjectRow | NamedRefusal> => {
      if (caller.project) return { refused: 'not_allowed', detail: 'This API key belongs to one project and makes no others' };
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM projects WHERE tenant_id = $1',
        [tenantId],
      );
      if (count >= MAX_PROJECTS) return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_PROJECTS} projects` };
      const id = uuidv7();
      const { name, monthlyBudget, legalHold, ...own } = wanted;
      const { columns, values } = columnsOf({ name, monthlyBudget, legalHold }, own, await heldTenantSettings(tx, tenantId));
      const made = await tx.query(
        `INSERT INTO projects (tenant_id, id, ${columns.join(', ')}) VALUES ($1, $2, ${columns.map((_, at) => `$${at + 3}`).join(', ')})
         ON CONFLICT (tenant_id, name) DO NOTHING RETURNING 1`,
        [tenantId, id, ...values],
      );
      if (made.length === 0) return ALREADY_EXISTS;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'project.created', targetId: id, data: wanted }]);
      await recordEvents(tx, [{ tenantId, type: 'project.created', data: { projectId: id, name: wanted.name }, projectId: id }]);
      return (await projectRow(tx, tenantId, id)) ?? NOT_FOUND;
    });
  }

  async list(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<ProjectRow[] | NamedRefusal> {
    return this.inTenant(caller, page.tenant, (tx, tenantId) =>
      tx.query<ProjectRow>(
        `${SELECT_PROJECTS} AND ($3::uuid IS NULL OR p.id = $3) AND ($4::uuid IS NULL OR p.id > $4) ORDER BY p.id LIMIT $5`,
        [tenantId, monthOf(new Date()), caller.project?.id ?? null, page.after ?? null, page.limit],
      ),
    );
  }

  async get(caller: Caller, tenant: string | undefined, id: string): Promise<ProjectRow | NamedRefusal> {
    if (caller.project && caller.project.id !== id) return NOT_FOUND;
    return this.inTenant(caller, tenant, async (tx, tenantId) => (await projectRow(tx, tenantId, id)) ?? NOT_FOUND);
  }

  async update(caller: Caller, tenant: string | undefined, id: string, change: UpdateProject): Promise<ProjectRow | NamedRefusal> {
    if (caller.project && caller.project.id !== id) return NOT_FOUND;
    return this.inTenant(caller, tenant, async (tx, tenantId) => {
      const { archived, name, monthlyBudget, legalHold, inherit = [], ...set } = change;
      const above = await heldTenantSettings(tx, tenantId);
      const [before] = await tx.query<{ own: OwnSettings }>(
        'SELECT own_settings AS own FROM projects WHERE tenant_id = $1 AND id = $2 FOR UPDATE',
        [tenantId, id],
      );
      if (!before) return NOT_FOUND;
      const own = changedProjectSettings(before.own, set, inherit);
      const { columns, values } = columnsOf({ name, monthlyBudget, legalHold }, own, above);
      const sets = columns.map((column, at) => `${column} = $${at + 3}`);
      if (archived !== undefined) sets.push(`archived_at = ${archived ? 'coalesce(archived_at, now())' : 'NULL'}`);
      const taken = name
        ? await tx.query('SELECT 1 FROM projects WHERE tenant_id = $1 AND name = $2 AND id <> $3', [tenantId, name, id])
        : [];
      if (taken.length > 0) return ALREADY_EXISTS;
      await tx.query(`UPDATE projects SET ${sets.join(', ')} WHERE tenant_id = $1 AND id = $2`, [tenantId, id, ...values]);
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'project.changed', targetId: id, data: change }]);
      return (await projectRow(tx, tenantId, id)) ?? NOT_FOUND;
    });
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('projects', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

const ALREADY_EXISTS: NamedRefusal = { refused: 'already_exists', detail: 'A project of this name exists already' };

const SELECT_PROJECTS = `
  SELECT p.id, p.name, p.monthly_budget_micro, coalesce(s.used_micro, 0) AS used_micro, p.legal_hold, p.own_settings,
         jsonb_build_object('own', coalesce(t.own, '{}'), 'inherited', coalesce(t.inherited, '{}')) AS above, p.created_at, p.archived_at
    FROM projects p LEFT JOIN spending_months s ON s.tenant_id = p.tenant_id AND s.subject_id = p.id AND s.month = $2
                    LEFT JOIN tenant_settings t ON t.tenant_id = p.tenant_id
   WHERE p.tenant_id = $1`;

async function projectRow(tx: Tx, tenantId: string, id: string): Promise<ProjectRow | undefined> {
  const [row] = await tx.query<ProjectRow>(`${SELECT_PROJECTS} AND p.id = $3`, [tenantId, monthOf(new Date()), id]);
  return row;
}

/** A tier of null is none of its own, as is one that is not named. */
type ProjectSettings = Omit<OwnSettings, 'serviceTier'> & { serviceTier?: ServiceTier | null };

function changedProjectSettings(own: OwnSettings, { serviceTier, ...set }: ProjectSettings, inherit: readonly SettingName[]): OwnSettings {
  return changedSettings(own, serviceTier ? { ...set, serviceTier } : set, serviceTier === null ? [...inherit, 'serviceTier'] : inherit);
}

/** Its own words and, of each setting, what holds: submits, admission and retention read a project's row alone. */
function columnsOf(
  { name, monthlyBudget, legalHold }: Pick<UpdateProject, 'name' | 'monthlyBudget' | 'legalHold'>,
  given: ProjectSettings,
  above: TenantSettings,
): { columns: string[]; values: unknown[] } {
  const own = changedProjectSettings({}, given, []);
  const { values } = effectiveSettings([{ source: 'project', own }, ...tenantLevels(above)]);
  const columns = {
    ...(name !== undefined && { name }),
    ...(monthlyBudget !== undefined && { monthly_budget_micro: monthlyBudget === null ? null : parseCredits(monthlyBudget) }),
    ...(legalHold !== undefined && { legal_hold: legalHold }),
    own_settings: JSON.stringify(own),
    service_tier: own.serviceTier ?? null, // found with its key, since a key's own goes before its tenant's
    allowed_models: values.allowedModels,
    allowed_regions: values.allowedRegions,
    retention_days: values.retentionDays,
    no_training: values.noTraining,
    budget_enforcement: values.budgetEnforcement,
  };
  return { columns: Object.keys(columns), values: Object.values(columns) };
}
