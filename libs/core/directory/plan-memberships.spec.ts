import { expect, it } from 'vitest';
import { type DirectoryFacts, type DirectoryPerson, planMemberships, type StandingMember } from '#core/directory/plan-memberships';

const AGENCY = 'agency';
const BRAND = 'brand';
const ann: DirectoryPerson = { userId: 'ann', email: 'ann@acme.example', name: 'Ann', isActive: true, groupIds: ['artists'] };
const member: StandingMember = { tenantId: AGENCY, memberId: 'm1', email: 'ann@acme.example', role: 'creator' };
const given = { userId: 'ann', tenantId: AGENCY, memberId: 'm1' };

function planned(more: Partial<DirectoryFacts>) {
  const mappings = [{ groupId: 'artists', tenantId: AGENCY, role: 'creator' as const }];
  return planMemberships({
    tenantId: AGENCY,
    defaultRole: null,
    people: [ann],
    mappings,
    given: [],
    members: [],
    owners: new Map(),
    ...more,
  });
}
const inAgency = { userId: 'ann', tenantId: AGENCY };

it('gives a role for a group, in the tenant and in brands', () => {
  const mappings = [
    { groupId: 'artists', tenantId: AGENCY, role: 'viewer' as const },
    { groupId: 'artists', tenantId: BRAND, role: 'creator' as const },
    { groupId: 'others', tenantId: BRAND, role: 'admin' as const },
  ];
  const { email, name } = ann;
  expect(planned({ mappings })).toEqual([
    { ...inAgency, do: 'add', email, name, role: 'viewer' },
    { ...inAgency, tenantId: BRAND, do: 'add', email, name, role: 'creator' },
  ]);
});

it.each([
  { roles: ['viewer', 'admin'] as const, expected: 'admin' },
  { roles: ['creator', 'billing'] as const, expected: 'billing' },
  { roles: ['viewer', 'creator'] as const, expected: 'creator' },
])('lets the first of several roles count: $roles → $expected', ({ roles, expected }) => {
  const mappings = roles.map((role, at) => ({ groupId: `g${at}`, tenantId: AGENCY, role }));
  expect(planned({ mappings, people: [{ ...ann, groupIds: ['g0', 'g1'] }] })).toMatchObject([{ do: 'add', role: expected }]);
});

it.each([
  {
    says: 'the usual role where no group has one',
    facts: { mappings: [], defaultRole: 'viewer' as const },
    expected: [{ do: 'add', role: 'viewer' }],
  },
  { says: 'nothing where there is none', facts: { mappings: [] }, expected: [] },
  { says: 'nothing without an address', facts: { people: [{ ...ann, email: null }] }, expected: [] },
  { says: 'nothing new to who has it', facts: { given: [given], members: [member] }, expected: [] },
  {
    says: 'another role',
    facts: { given: [given], members: [{ ...member, role: 'viewer' as const }] },
    expected: [{ do: 'change', role: 'creator', previousRole: 'viewer' }],
  },
  { says: 'its care to a member by hand', facts: { members: [member] }, expected: [{ do: 'adopt', memberId: 'm1' }] },
  {
    says: 'its care and a role to a member by hand',
    facts: { members: [{ ...member, role: 'admin' as const }] },
    expected: [{ do: 'adopt' }, { do: 'change', role: 'creator' }],
  },
  {
    says: 'an end with the last group',
    facts: { mappings: [], given: [given], members: [member] },
    expected: [{ do: 'end', memberId: 'm1' }],
  },
  {
    says: 'an end to who is not active',
    facts: { people: [{ ...ann, isActive: false }], given: [given], members: [member] },
    expected: [{ do: 'end', memberId: 'm1' }],
  },
  {
    says: 'an end to a member by hand who is not active',
    facts: { people: [{ ...ann, isActive: false }], members: [member] },
    expected: [{ do: 'end', memberId: 'm1' }],
  },
  {
    says: 'a new membership for a new address',
    facts: { given: [given], members: [{ ...member, email: 'old@acme.example' }] },
    expected: [
      { do: 'end', memberId: 'm1' },
      { do: 'add', email: ann.email },
    ],
  },
  { says: 'a new membership where somebody ended it by hand', facts: { given: [given] }, expected: [{ do: 'forget' }, { do: 'add' }] },
])('gives $says', ({ facts, expected }) => {
  expect(planned(facts)).toEqual(expected.map((one) => expect.objectContaining({ ...inAgency, ...one })));
});

const owner: StandingMember = { ...member, role: 'owner' };

it('takes no ownership away by groups, and gives none', () => {
  expect(planned({ given: [given], members: [owner], owners: new Map([[AGENCY, 1]]) })).toEqual([]);
  expect(planned({ mappings: [], given: [given], members: [owner], owners: new Map([[AGENCY, 1]]) })).toEqual([]);
  const renamed = planned({ given: [given], members: [{ ...owner, email: 'old@acme.example' }], owners: new Map([[AGENCY, 1]]) });
  expect(renamed).toMatchObject([{ do: 'forget' }, { do: 'add', role: 'creator' }]);
});

it('ends an owner who is not active, and never the last one', () => {
  const out = { people: [{ ...ann, isActive: false }], given: [given], members: [owner] };
  expect(planned({ ...out, owners: new Map([[AGENCY, 2]]) })).toEqual([{ ...inAgency, do: 'end', memberId: 'm1' }]);
  expect(planned({ ...out, owners: new Map([[AGENCY, 1]]) })).toEqual({ refused: 'last_owner', ...inAgency });
});

it('counts owners who go together', () => {
  const bob = { ...ann, userId: 'bob', email: 'bob@acme.example', isActive: false };
  const members = [owner, { ...owner, memberId: 'm2', email: bob.email }];
  const outcome = planned({ people: [{ ...ann, isActive: false }, bob], members, owners: new Map([[AGENCY, 2]]) });
  expect(outcome).toEqual({ refused: 'last_owner', userId: 'bob', tenantId: AGENCY });
});
