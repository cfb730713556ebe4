import { expect, it } from 'vitest';
import { GROUP, USER } from '#core/directory/attributes';
import type { JsonObject } from '#core/directory/json';
import { MAX_OPERATIONS } from '#core/directory/limits';
import { patched } from '#core/directory/patch';

const SCHEMAS = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
const ANN: JsonObject = {
  userName: 'ann@acme.example',
  displayName: 'Ann',
  active: true,
  name: { givenName: 'Ann', familyName: 'Lee' },
  emails: [{ value: 'ann@acme.example', type: 'work', primary: true }],
};
const TEAM: JsonObject = { displayName: 'Team', members: [{ value: 'u1' }, { value: 'u2' }] };

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

it.each([
  {
    says: 'Entra: capitals and a boolean as text',
    operation: { op: 'Replace', path: 'active', value: 'False' },
    expected: { active: false },
  },
  { says: 'Okta: no path', operation: { op: 'replace', value: { active: false } }, expected: { active: false } },
  {
    says: 'Okta: no path, with the id',
    operation: { op: 'replace', value: { id: 'x', displayName: 'B' } },
    expected: { displayName: 'B' },
  },
  {
    says: 'Entra: no path, names that are paths',
    operation: { op: 'Add', value: { 'name.givenName': 'Anna', 'emails[type eq "work"].value': 'anna@acme.example' } },
    expected: {
      name: { givenName: 'Anna', familyName: 'Lee' },
      emails: [{ value: 'anna@acme.example', type: 'work', primary: true }],
    },
  },
  {
    says: 'Entra: a value that a filter chooses and that is not there yet',
    operation: { op: 'Add', path: 'emails[type eq "other"].value', value: 'o@acme.example' },
    expected: {
      emails: [
        { value: 'ann@acme.example', type: 'work', primary: true },
        { value: 'o@acme.example', type: 'other' },
      ],
    },
  },
  { says: 'Entra: an extension that is not kept', operation: { op: 'Add', path: `${ENTERPRISE}:department`, value: 'X' }, expected: {} },
  { says: 'Entra: an extension as a value', operation: { op: 'Add', value: { [ENTERPRISE]: { department: 'X' } } }, expected: {} },
  { says: 'an attribute that is not kept', operation: { op: 'replace', path: 'title', value: 'Head' }, expected: {} },
  {
    says: 'a part alone',
    operation: { op: 'replace', path: 'name.familyName', value: 'Li' },
    expected: { name: { givenName: 'Ann', familyName: 'Li' } },
  },
  {
    says: 'parts of a whole',
    operation: { op: 'replace', path: 'name', value: { FamilyName: 'Li' } },
    expected: { name: { givenName: 'Ann', familyName: 'Li' } },
  },
  { says: 'a removed part', operation: { op: 'remove', path: 'name.givenName' }, expected: { name: { familyName: 'Lee' } } },
  { says: 'a removed attribute', operation: { op: 'remove', path: 'displayName' }, expected: { displayName: undefined } },
  { says: 'null for nothing', operation: { op: 'replace', path: 'displayName', value: null }, expected: { displayName: undefined } },
  {
    says: 'one primary value',
    operation: { op: 'add', path: 'emails', value: [{ value: 'b@acme.example', primary: 'True' }] },
    expected: {
      emails: [
        { value: 'ann@acme.example', type: 'work', primary: false },
        { value: 'b@acme.example', primary: true },
      ],
    },
  },
])('$says', ({ operation, expected }) => {
  expect(patched(USER, ANN, { schemas: SCHEMAS, Operations: [operation] })).toEqual(withoutUndefined({ ...ANN, ...expected }));
});

it.each([
  {
    says: 'a member more, who may be in already',
    operation: { op: 'Add', path: 'members', value: [{ value: 'u2' }, { value: 'u3' }] },
    expected: ['u1', 'u2', 'u3'],
  },
  { says: 'a member more, without a path', operation: { op: 'add', value: { members: [{ value: 'u3' }] } }, expected: ['u1', 'u2', 'u3'] },
  { says: 'one member less, by a filter', operation: { op: 'Remove', path: 'members[value eq "u1"]' }, expected: ['u2'] },
  { says: 'one member less, named in the value', operation: { op: 'Remove', path: 'members', value: [{ value: 'u1' }] }, expected: ['u2'] },
  { says: 'one member less who is not in', operation: { op: 'remove', path: 'members[value eq "u9"]' }, expected: ['u1', 'u2'] },
  { says: 'no members', operation: { op: 'remove', path: 'members' }, expected: [] },
  { says: 'other members', operation: { op: 'replace', path: 'members', value: [{ value: 'u3', display: 'Cid' }] }, expected: ['u3'] },
])('$says', ({ operation, expected }) => {
  const { members = [] } = patched(GROUP, TEAM, { schemas: SCHEMAS, Operations: [operation] });
  expect((members as JsonObject[]).map(({ value }) => value)).toEqual(expected);
});

it.each([
  { says: 'no operations', body: { schemas: SCHEMAS, Operations: [] }, scimType: 'invalidSyntax' },
  {
    says: 'another schema',
    body: { schemas: [USER.id], Operations: [{ op: 'add', path: 'active', value: true }] },
    scimType: 'invalidSyntax',
  },
  { says: 'another operation', body: of({ op: 'move', path: 'active', value: true }), scimType: 'invalidSyntax' },
  { says: 'nothing to remove', body: of({ op: 'remove' }), scimType: 'noTarget' },
  { says: 'an attribute of nobody', body: of({ op: 'add', path: 'shoeSize', value: '43' }), scimType: 'invalidPath' },
  { says: 'a part of nothing', body: of({ op: 'add', path: 'name.nick', value: 'A' }), scimType: 'invalidPath' },
  { says: 'a filter on one value', body: of({ op: 'add', path: 'userName[value eq "x"]', value: 'A' }), scimType: 'invalidPath' },
  { says: 'what Halogen writes', body: of({ op: 'replace', path: 'id', value: 'x' }), scimType: 'mutability' },
  { says: 'a name less', body: of({ op: 'remove', path: 'userName' }), scimType: 'invalidValue' },
  { says: 'another type', body: of({ op: 'replace', path: 'active', value: 'maybe' }), scimType: 'invalidValue' },
  {
    says: 'values that no path can make',
    body: of({ op: 'replace', path: 'emails[value co "zz"].type', value: 'work' }),
    scimType: 'noTarget',
  },
  { says: 'too much', body: of(...Array(MAX_OPERATIONS + 1).fill({ op: 'remove', path: 'name' })), scimType: 'invalidValue' },
])('refuses $says: $scimType', ({ body, scimType }) => {
  expect(() => patched(USER, ANN, body)).toThrow(expect.objectContaining({ scimType }));
});

it('changes nothing of what it was given', () => {
  const before = structuredClone(ANN);
  patched(USER, ANN, of({ op: 'replace', path: 'emails[type eq "work"].value', value: 'z@acme.example' }));
  expect(ANN).toEqual(before);
});

function of(...Operations: object[]) {
  return { schemas: SCHEMAS, Operations };
}

function withoutUndefined(object: object): object {
  return JSON.parse(JSON.stringify(object));
}
