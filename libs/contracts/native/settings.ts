import { z } from 'zod';
import type { OperationContract } from '#contracts/operation';
import { SERVICE_TIERS } from '#core/catalog/service-tiers';
import { SETTING_NAMES, SETTING_SOURCES } from '#core/settings/settings';

const MAX_RETENTION_DAYS = 3_650;
const MAX_NAMED = 50;
const Named = z.array(z.string().min(1).max(60)).min(1).max(MAX_NAMED).nullable();

/** What brands and projects take over from above until they set it themselves. */
export const Settings = z
  .object({
    serviceTier: z.enum(SERVICE_TIERS).meta({ description: 'Of requests that name none.' }),
    allowedModels: Named.meta({ description: 'Null for any.' }),
    allowedRegions: Named.meta({ description: 'Work runs there only. Null for any.' }),
    retentionDays: z.number().int().min(0).max(MAX_RETENTION_DAYS).meta({
      description: 'Days after its end for which prompt and assets of a project’s generation are kept; 0 erases them within minutes.',
    }),
    noTraining: z.boolean().meta({ description: 'Prompts and assets are never used for training. On unless switched off.' }),
    budgetEnforcement: z
      .enum(['refuse', 'warn'])
      .meta({ description: '`refuse` answers 402 past a project’s budget; `warn` tells by event and goes on.' }),
  })
  .meta({ id: 'Settings' });

export const SettingSources = z
  .object(Object.fromEntries(SETTING_NAMES.map((name) => [name, z.enum(SETTING_SOURCES)])) as SourceShape)
  .meta({ id: 'SettingSources', description: 'Which level sets each: the project, its tenant, the agency above, or nobody.' });
type SourceShape = Record<(typeof SETTING_NAMES)[number], z.ZodEnum<{ [Source in (typeof SETTING_SOURCES)[number]]: Source }>>;

export const Inherit = z
  .array(z.enum(SETTING_NAMES))
  .max(SETTING_NAMES.length)
  .meta({ description: 'Settings that are taken over from above again.' });

export const UpdateSettings = Settings.partial()
  .extend({ inherit: Inherit.optional() })
  .refine((body) => Object.keys(body).length > 0, 'name at least one setting');
export type UpdateSettings = z.infer<typeof UpdateSettings>;

const TenantSettings = z
  .object({
    settings: Settings,
    sources: SettingSources,
    inherited: Settings.meta({ description: 'What holds for what the tenant does not set itself.' }),
  })
  .meta({ id: 'TenantSettings' });

export const getSettings = {
  id: 'getSettings',
  method: 'GET',
  path: '/api/v1/tenants/:id/settings',
  status: 200,
  scope: 'tenants:read',
  summary: 'What holds for a tenant and, until they set it themselves, for its brands and projects; and which level sets it.',
  response: TenantSettings,
} satisfies OperationContract;

export const updateSettings = {
  id: 'updateSettings',
  method: 'PATCH',
  path: '/api/v1/tenants/:id/settings',
  status: 200,
  scope: 'tenants:write',
  summary:
    'Set what brands and projects take over, or take it over from above again. It holds at once; keys learn of it within five seconds.',
  body: UpdateSettings,
  response: TenantSettings,
} satisfies OperationContract;
