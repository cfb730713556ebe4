import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
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
import { type ProjectRow, ProjectsService } from '#features/tenants/projects.service';

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
  return {
    id: row.id,
    name: row.name,
    serviceTier: row.service_tier,
    monthlyBudget: row.monthly_budget_micro === null ? null : formatCredits(BigInt(row.monthly_budget_micro)),
    budgetEnforcement: row.budget_enforcement,
    usedThisMonth: formatCredits(BigInt(row.used_micro)),
    allowedModels: row.allowed_models,
    allowedRegions: row.allowed_regions,
    retentionDays: row.retention_days,
    legalHold: row.legal_hold,
    noTraining: row.no_training,
    createdAt: row.created_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
  };
}
