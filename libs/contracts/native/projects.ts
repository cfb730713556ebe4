import { z } from 'zod';
import { Credits, CreditsGiven, Name, PageQuery, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import { Inherit, SettingSources, Settings } from '#contracts/native/settings';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';

const ServiceTier = z.enum(SERVICE_TIERS).nullable().meta({ description: 'Of requests that name none; null for the tenant’s.' });

const Project = z
  .object({
    id: z.uuid(),
    name: z.string(),
    serviceTier: ServiceTier,
    monthlyBudget: Credits.nullable(),
    usedThisMonth: Credits,
    ...Settings.omit({ serviceTier: true }).shape,
    legalHold: z.boolean(),
    sources: SettingSources,
    inherited: Settings.meta({ description: 'What holds for what the project does not set itself.' }),
    createdAt: When,
    archivedAt: When.nullable(),
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof Project>;

const ProjectSettings = Settings.extend({
  serviceTier: ServiceTier,
  monthlyBudget: CreditsGiven.nullable(),
  legalHold: z.boolean().meta({ description: 'While it is on, nothing of the project is erased, not even what is deleted.' }),
});

export const CreateProject = ProjectSettings.partial().extend({ name: Name });
export type CreateProject = z.infer<typeof CreateProject>;

export const UpdateProject = ProjectSettings.extend({ name: Name, archived: z.boolean(), inherit: Inherit })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'name at least one field');
export type UpdateProject = z.infer<typeof UpdateProject>;

export const createProject = {
  id: 'createProject',
  method: 'POST',
  path: '/api/v1/projects',
  status: 201,
  scope: 'projects:write',
  summary: `Make a project with its defaults and its monthly budget. What it does not name it takes over from its tenant, and from the agency above. ${TENANT_PARAMETER}`,
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
  summary:
    'Change a project’s defaults or budget, take some over from its tenant again, or archive it: its keys stop. Keys learn of any change within five seconds.',
  query: TenantQuery,
  body: UpdateProject,
  response: Project,
} satisfies OperationContract;
