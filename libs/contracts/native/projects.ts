import { z } from 'zod';
import { Credits, CreditsGiven, Name, PageQuery, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const ServiceTier = z.enum(SERVICE_TIERS).nullable().meta({ description: 'Of requests that name none; null for the tenant’s.' });
const Enforcement = z
  .enum(['refuse', 'warn'])
  .meta({ description: '`refuse` answers 402 past the budget; `warn` tells by event and goes on.' });
const MAX_RETENTION_DAYS = 3_650;
const MAX_NAMED = 50;

const Project = z
  .object({
    id: z.uuid(),
    name: z.string(),
    serviceTier: ServiceTier,
    monthlyBudget: Credits.nullable(),
    budgetEnforcement: Enforcement,
    usedThisMonth: Credits,
    allowedModels: z.array(z.string()).nullable(),
    allowedRegions: z.array(z.string()).nullable(),
    retentionDays: z.number().int(),
    legalHold: z.boolean(),
    noTraining: z.boolean(),
    createdAt: When,
    archivedAt: When.nullable(),
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof Project>;

const Settings = z.object({
  serviceTier: ServiceTier,
  monthlyBudget: CreditsGiven.nullable(),
  budgetEnforcement: Enforcement,
  allowedModels: z.array(z.string().min(1).max(60)).min(1).max(MAX_NAMED).nullable(),
  allowedRegions: z.array(z.string().min(1).max(60)).min(1).max(MAX_NAMED).nullable(),
  retentionDays: z
    .number()
    .int()
    .min(0)
    .max(MAX_RETENTION_DAYS)
    .meta({ description: 'Days after its end for which prompt and assets of a generation are kept; 0 erases them within minutes.' }),
  legalHold: z.boolean().meta({ description: 'While it is on, nothing of the project is erased, not even what is deleted.' }),
  noTraining: z.boolean().meta({ description: 'Prompts and assets are never used for training. On unless switched off.' }),
});

export const CreateProject = Settings.partial().extend({ name: Name });
export type CreateProject = z.infer<typeof CreateProject>;

export const UpdateProject = Settings.extend({ name: Name, archived: z.boolean() })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'name at least one field');
export type UpdateProject = z.infer<typeof UpdateProject>;

export const createProject = {
  id: 'createProject',
  method: 'POST',
  path: '/api/v1/projects',
  status: 201,
  scope: 'projects:write',
  summary: `Make a project with its defaults and its monthly budget. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: CreateProject,
  response: Project,
} satisfies OperationContract;

export const listProjects = {
  id: 'listProjects',
  method: 'GET',
  path: '/api/v1/projects',
  status: 200,
  scope: 'projects:read',
  summary: 'Projects, oldest first.',
  query: PageQuery,
  response: z.object({ projects: z.array(Project) }),
} satisfies OperationContract;

export const getProject = {
  id: 'getProject',
  method: 'GET',
  path: '/api/v1/projects/:id',
  status: 200,
  scope: 'projects:read',
  summary: 'One project, and what it has used of this month’s budget.',
  query: TenantQuery,
  response: Project,
} satisfies OperationContract;

export const updateProject = {
  id: 'updateProject',
  method: 'PATCH',
  path: '/api/v1/projects/:id',
  status: 200,
  scope: 'projects:write',
  summary: 'Change a project’s defaults or budget, or archive it: its keys stop. Keys learn of any change within five seconds.',
  query: TenantQuery,
  body: UpdateProject,
  response: Project,
} satisfies OperationContract;
