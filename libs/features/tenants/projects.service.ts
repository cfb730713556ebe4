import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { CreateProject, UpdateProject } from '#contracts/native/projects';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { parseCredits } from '#core/ledger/credits';
import { monthOf } from '#core/ledger/spending-cap';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { MAX_PROJECTS } from '#features/tenants/limits';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface ProjectRow {
  id: string;
  name: string;
  service_tier: ServiceTier | null;
  monthly_budget_micro: string | null;
  budget_enforcement: 'refuse' | 'warn';
  used_micro: string;
  allowed_models: string[] | null;
  allowed_regions: string[] | null;
  retention_days: number;
  legal_hold: boolean;
  no_training: boolean;
  created_at: Date;
  archived_at: Date | null;
}

/** Columns by the name of their setting. */
const SETTINGS = {
  name: 'name',
  serviceTier: 'service_tier',
  monthlyBudget: 'monthly_budget_micro',
  budgetEnforcement: 'budget_enforcement',
  allowedModels: 'allowed_models',
  allowedRegions: 'allowed_regions',
  retentionDays: 'retention_days',
  legalHold: 'legal_hold',
  noTraining: 'no_training',
} as const;
type Settings = Partial<Record<keyof typeof SETTINGS, unknown>>;

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
      const { columns, values } = settingsGiven(wanted);
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
      const { archived, ...settings } = change;
      const { columns, values } = settingsGiven(settings);
      const sets = columns.map((column, at) => `${column} = $${at + 3}`);
      if (archived !== undefined) sets.push(`archived_at = ${archived ? 'coalesce(archived_at, now())' : 'NULL'}`);
      const taken = settings.name
        ? await tx.query('SELECT 1 FROM projects WHERE tenant_id = $1 AND name = $2 AND id <> $3', [tenantId, settings.name, id])
        : [];
      if (taken.length > 0) return ALREADY_EXISTS;
      const changed = await tx.query(`UPDATE projects SET ${sets.join(', ')} WHERE tenant_id = $1 AND id = $2 RETURNING 1`, [
        tenantId,
        id,
        ...values,
      ]);
      if (changed.length === 0) return NOT_FOUND;
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
  SELECT p.id, p.name, p.service_tier, p.monthly_budget_micro, p.budget_enforcement, coalesce(s.used_micro, 0) AS used_micro, p.allowed_models,
         p.allowed_regions, p.retention_days, p.legal_hold, p.no_training, p.created_at, p.archived_at
    FROM projects p LEFT JOIN spending_months s ON s.tenant_id = p.tenant_id AND s.subject_id = p.id AND s.month = $2
   WHERE p.tenant_id = $1`;

async function projectRow(tx: Tx, tenantId: string, id: string): Promise<ProjectRow | undefined> {
  const [row] = await tx.query<ProjectRow>(`${SELECT_PROJECTS} AND p.id = $3`, [tenantId, monthOf(new Date()), id]);
  return row;
}

/** Columns and values of the settings that were named; a budget becomes micro-credits. */
function settingsGiven(settings: Settings): { columns: string[]; values: unknown[] } {
  const given = Object.entries(SETTINGS).filter(([name]) => settings[name as keyof Settings] !== undefined);
  return {
    columns: given.map(([, column]) => column),
    values: given.map(([name]) => {
      const value = settings[name as keyof Settings];
      return name === 'monthlyBudget' && typeof value === 'string' ? parseCredits(value) : value;
    }),
  };
}
