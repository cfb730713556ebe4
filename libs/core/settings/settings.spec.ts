import { describe, expect, it } from 'vitest';
import { changedSettings, effectiveSettings, type OwnSettings, PLATFORM_SETTINGS } from '#core/settings/settings';

const levels = (project: OwnSettings, tenant: OwnSettings, agency: OwnSettings) => [
  { source: 'project' as const, own: project },
  { source: 'tenant' as const, own: tenant },
  { source: 'agency' as const, own: agency },
];

describe('effectiveSettings', () => {
  it.each([
    { what: 'nobody', of: levels({}, {}, {}), value: 30, source: 'platform' },
    { what: 'the agency', of: levels({}, {}, { retentionDays: 7 }), value: 7, source: 'agency' },
    { what: 'the brand', of: levels({}, { retentionDays: 14 }, { retentionDays: 7 }), value: 14, source: 'tenant' },
    { what: 'the project', of: levels({ retentionDays: 0 }, { retentionDays: 14 }, { retentionDays: 7 }), value: 0, source: 'project' },
  ])('takes what $what says', ({ of, value, source }) => {
    const { values, sources } = effectiveSettings(of);
    expect([values.retentionDays, sources.retentionDays]).toEqual([value, source]);
  });

  it('lets a level allow any, where one above it names some', () => {
    const { values, sources } = effectiveSettings(levels({ allowedModels: null }, {}, { allowedModels: ['ray-2'] }));
    expect([values.allowedModels, sources.allowedModels]).toEqual([null, 'project']);
  });

  it('decides each setting by itself', () => {
    const { values } = effectiveSettings(
      levels({ noTraining: false }, { serviceTier: 'flex' }, { serviceTier: 'shared', retentionDays: 3 }),
    );
    expect(values).toEqual({ ...PLATFORM_SETTINGS, noTraining: false, serviceTier: 'flex', retentionDays: 3 });
  });
});

describe('changedSettings', () => {
  const own: OwnSettings = { retentionDays: 7, noTraining: false };
  it.each([
    { what: 'sets', set: { serviceTier: 'flex' as const }, inherit: [], after: { ...own, serviceTier: 'flex' } },
    { what: 'takes over', set: {}, inherit: ['retentionDays' as const], after: { noTraining: false } },
    {
      what: 'sets what is named twice',
      set: { retentionDays: 9 },
      inherit: ['retentionDays' as const],
      after: { ...own, retentionDays: 9 },
    },
    { what: 'sets null, which is “any”', set: { allowedModels: null }, inherit: [], after: { ...own, allowedModels: null } },
  ])('$what', ({ set, inherit, after }) => {
    expect(changedSettings(own, set, inherit)).toEqual(after);
  });
});
