import { expect, it } from 'vitest';
import { USER } from '#core/directory/attributes';
import { parseFilter, parsePatchPath } from '#core/directory/filter';
import { matches, requiredEquals } from '#core/directory/filter-matches';
import type { JsonObject } from '#core/directory/json';
import { MAX_FILTER_CHARACTERS, MAX_FILTER_DEPTH } from '#core/directory/limits';

const ANN: JsonObject = {
  id: 'Id-1',
  userName: 'Ann@acme.example',
  externalId: 'A1',
  active: true,
  emails: [
    { value: 'ann@acme.example', type: 'work', primary: true },
    { value: 'ann@home.example', type: 'home' },
  ],
  meta: { lastModified: '2026-03-01T10:00:00.000Z' },
};

it.each([
  ['userName eq "ann@ACME.example"', true],
  ['USERNAME Eq "ann@acme.example"', true],
  ['externalId eq "a1"', false], // exact, unlike names
  ['userName co "acme" and active eq true', true],
  ['active eq "True"', true],
  ['userName sw "bob" or userName ew ".example"', true],
  ['userName eq "x" and active eq true or externalId eq "A1"', true], // and binds closer
  ['userName eq "x" and (active eq true or externalId eq "A1")', false],
  ['not (userName eq "x")', true],
  ['displayName pr', false],
  ['displayName ne "Ann"', true],
  ['emails[type eq "home" and value co "acme"]', false],
  ['emails[type eq "work"].value eq "ann@acme.example"', true],
  ['emails.type eq "home"', true],
  ['emails eq "ann@home.example"', true],
  ['meta.lastModified gt "2026-03-01T09:00:00Z"', true],
  ['meta.lastModified lt "2026-03-01T11:00:00+02:00"', false],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann@acme.example"', true],
])('%s: %s', (text, expected) => {
  expect(matches(parseFilter(text), ANN, USER)).toBe(expected);
});

it.each([
  '',
  'userName',
  'userName is "x"',
  'userName eq',
  'userName eq x',
  'userName eq "x" and',
  '(userName eq "x"',
  'userName eq "x")',
  'emails[type eq "work"',
  'userName eq "x',
  'nothing eq "x"',
  'userName eq {}',
  'userName eq "a\\u0000b"',
  'emails[type eq "\\ud800"]',
])('refuses %s', (text) => {
  expect(() => matches(parseFilter(text), ANN, USER)).toThrow(expect.objectContaining({ scimType: 'invalidFilter' }));
});

it('refuses more than a filter ever needs', () => {
  const long = `userName eq "${'x'.repeat(MAX_FILTER_CHARACTERS)}"`;
  const deep = `${'('.repeat(MAX_FILTER_DEPTH)}userName pr${')'.repeat(MAX_FILTER_DEPTH)}`;
  for (const text of [long, deep]) expect(() => parseFilter(text)).toThrow(expect.objectContaining({ scimType: 'invalidFilter' }));
});

it('knows what a filter leaves no choice about', () => {
  const of = (text: string) => requiredEquals(parseFilter(text), USER);
  expect(of('USERNAME eq "x" and active eq true')).toEqual([{ name: 'userName', value: 'x' }]);
  expect(of('emails[type eq "work"] and (externalId eq "1")')).toEqual([
    { name: 'emails.type', value: 'work' },
    { name: 'externalId', value: '1' },
  ]);
  expect(of('userName eq "x" or userName eq "y"')).toEqual([]);
  expect(of('not (userName eq "x")')).toEqual([]);
});

it.each([
  ['members', { name: 'members' }],
  ['name.givenName', { name: 'name', sub: 'givenName' }],
  ['emails[type eq "work"].value', { name: 'emails', sub: 'value', where: { path: { name: 'type' }, is: 'eq', value: 'work' } }],
  ['urn:ietf:params:scim:schemas:core:2.0:User:active', { name: 'active' }],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',
    { extension: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', name: 'manager' },
  ],
])('reads the path %s', (text, expected) => {
  expect(parsePatchPath(text)).toEqual(expected);
});
