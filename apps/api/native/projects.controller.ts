import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { told } from '#apps/api/native/settings-view';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import {
  type CreateProject,
  createProject,
  getProject,
  listProjects,
  type Project,
  type UpdateProject,
  updateProject,
} from '#contracts/native/projects';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { effectiveSettings } from '#core/settings/settings';
import { type ProjectRow, ProjectsService } from '#features/tenants/projects.service';
import { tenantLevels } from '#features/tenants/tenant-settings';

@Controller()
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Operation(createProject)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createProject.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createProject.body)) wanted: CreateProject,
  ) {
    return view(accepted(await this.projects.create(caller, tenant, wanted)));
  }

  @Operation(listProjects)
  async list(@CallerOf() caller: Caller, @Query(valid(listProjects.query, 'query')) page: PageQuery) {
    return { projects: accepted(await this.projects.list(caller, page)).map(view) };
  }

  @Operation(getProject)
  async get(@CallerOf() caller: Caller, @Param('id') id: string, @Query(valid(getProject.query, 'query')) { tenant }: TenantQuery) {
    return view(accepted(await this.projects.get(caller, tenant, idOf(id))));
  }

  @Operation(updateProject)
  async update(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(updateProject.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(updateProject.body)) change: UpdateProject,
  ) {
    return view(accepted(await this.projects.update(caller, tenant, idOf(id), change)));
  }
}

function view(row: ProjectRow): Project {
  const own = { source: 'project' as const, own: row.own_settings };
  const { values, sources } = effectiveSettings([own, ...tenantLevels(row.above)]);
  const { values: inherited } = effectiveSettings(tenantLevels(row.above));
  return {
    ...told(values),
    id: row.id,
    name: row.name,
    serviceTier: row.own_settings.serviceTier ?? null,
    monthlyBudget: row.monthly_budget_micro === null ? null : formatCredits(BigInt(row.monthly_budget_micro)),
    usedThisMonth: formatCredits(BigInt(row.used_micro)),
    legalHold: row.legal_hold,
    sources,
    inherited: told(inherited),
    createdAt: row.created_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
  };
}
