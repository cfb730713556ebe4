import { describe, expect, it } from 'vitest';
import { MEMBER_ROLES, SCOPES_OF_ROLE } from '#core/access/scopes';
import { type Goal, roleWithScopes, type Standing, waysBy } from '#core/access/ways';

const standing = (more: Partial<Standing> = {}): Standing => ({
  tenantId: 'agency',
  projectId: null,
  role: 'creator',
  scopes: [],
  reason: 'direct',
  groups: [],
  ...more,
});
const AGENCY: Goal = { tenantId: 'agency', agencyId: null, projectId: null, hasBrands: true };
const BRAND: Goal = { tenantId: 'cola', agencyId: 'agency', projectId: null, hasBrands: false };

/** Where, and why. */
const told = (given: Standing, goal: Goal) =>
  waysBy(given, goal).map(({ tenantId, isEveryBrand, reason }) => `${isEveryBrand ? 'every brand of ' : ''}${tenantId}: ${reason}`);

describe('waysBy', () => {
  it.each([
    { what: 'of the agency', given: standing(), goal: AGENCY, ways: ['agency: direct', 'every brand of agency: agency'] },
    { what: 'of an agency without brands', given: standing(), goal: { ...AGENCY, hasBrands: false }, ways: ['agency: direct'] },
    { what: 'of the agency, seen from a brand', given: standing(), goal: BRAND, ways: ['cola: agency'] },
    { what: 'of a brand, seen from the agency', given: standing({ tenantId: 'cola' }), goal: AGENCY, ways: ['cola: direct'] },
    { what: 'of a brand by a group', given: standing({ tenantId: 'cola', reason: 'group' }), goal: BRAND, ways: ['cola: group'] },
    { what: 'a key of a project', given: standing({ projectId: 'spring' }), goal: AGENCY, ways: ['agency: direct'] },
    { what: 'a key of an agency’s project, from a brand', given: standing({ projectId: 'spring' }), goal: BRAND, ways: [] },
    {
      what: 'of a brand, asked for its project',
      given: standing({ tenantId: 'cola' }),
      goal: { ...BRAND, projectId: 'autumn' },
      ways: ['cola: direct'],
    },
    {
      what: 'a key of another project',
      given: standing({ tenantId: 'cola', projectId: 'spring' }),
      goal: { ...BRAND, projectId: 'autumn' },
      ways: [],
    },
    {
      what: 'of a brand, asked for a project of the agency',
      given: standing({ tenantId: 'cola' }),
      goal: { ...AGENCY, projectId: 'spring' },
      ways: [],
    },
  ])('$what → $ways', ({ given, goal, ways }) => {
    expect(told(given, goal)).toEqual(ways);
  });

  it('keeps the groups that gave a role in an agency, where its brands inherit it', () => {
    const [way] = waysBy(standing({ reason: 'group', groups: ['Artists'] }), BRAND);
    expect(way).toMatchObject({ reason: 'agency', groups: ['Artists'], role: 'creator' });
  });
});

describe('roleWithScopes', () => {
  it.each(MEMBER_ROLES)('knows %s by its scopes, in any order', (role) => {
    expect(roleWithScopes([...SCOPES_OF_ROLE[role]].reverse())).toBe(role);
  });
  it('knows no role by fewer scopes, or more', () => {
    expect(roleWithScopes(['generations:read'])).toBeNull();
    expect(roleWithScopes([...SCOPES_OF_ROLE.viewer, 'audit:read'])).toBeNull();
  });
});
