import { DEFAULT_SERVICE_TIER, type ServiceTier } from '#core/catalog/service-tiers';

/** What an agency sets once. Its brands take it over, and their projects, until one sets it for itself. */
export interface Settings {
  /** Of requests that name none. */
  serviceTier: ServiceTier;
  /** Null: any. */
  allowedModels: readonly string[] | null;
  /** Null: any. */
  allowedRegions: readonly string[] | null;
  /** Days for which prompts and media of a project's work are kept. */
  retentionDays: number;
  noTraining: boolean;
  /** What a project does past its budget. */
  budgetEnforcement: 'refuse' | 'warn';
}
export type SettingName = keyof Settings;
/** What one level sets for itself; what is not in it is taken over. */
export type OwnSettings = Partial<Settings>;

export const SETTING_NAMES = [
  'serviceTier',
  'allowedModels',
  'allowedRegions',
  'retentionDays',
  'noTraining',
  'budgetEnforcement',
] as const satisfies readonly SettingName[];

/** Where a value comes from, nearest first. */
export const SETTING_SOURCES = ['project', 'tenant', 'agency', 'platform'] as const;
export type SettingSource = (typeof SETTING_SOURCES)[number];

/** What holds where nobody has set anything. */
export const PLATFORM_SETTINGS: Settings = {
  serviceTier: DEFAULT_SERVICE_TIER,
  allowedModels: null,
  allowedRegions: null,
  retentionDays: 30,
  noTraining: true,
  budgetEnforcement: 'refuse',
};

export interface SettingLevel {
  source: SettingSource;
  own: OwnSettings;
}

export interface EffectiveSettings {
  values: Settings;
  sources: Readonly<Record<SettingName, SettingSource>>;
}

/** The nearest level that sets something decides it, be it “any”. @param levels nearest first */
export function effectiveSettings(levels: readonly SettingLevel[]): EffectiveSettings {
  const all = [...levels, { source: 'platform' as const, own: PLATFORM_SETTINGS }];
  const found = SETTING_NAMES.map((name) => {
    const { source, own } = all.find((level) => level.own[name] !== undefined) as SettingLevel;
    return { name, source, value: own[name] };
  });
  return {
    values: Object.fromEntries(found.map(({ name, value }) => [name, value])) as unknown as Settings,
    sources: Object.fromEntries(found.map(({ name, source }) => [name, source])) as Record<SettingName, SettingSource>,
  };
}

/** What one level sets after a change. @param inherit what it takes over from now on */
export function changedSettings(own: OwnSettings, set: OwnSettings, inherit: readonly SettingName[]): OwnSettings {
  const changed = { ...own };
  for (const name of SETTING_NAMES) {
    if (set[name] !== undefined) Object.assign(changed, { [name]: set[name] });
    else if (inherit.includes(name)) delete changed[name];
  }
  return changed;
}
