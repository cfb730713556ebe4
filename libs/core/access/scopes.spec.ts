import { expect, it } from 'vitest';
import { MEMBER_ROLES, mayHandOn, ROLES, SCOPES_OF_ROLE } from '#core/access/scopes';

it.each(MEMBER_ROLES)('gives %s no power over the platform', (role) => {
  expect(SCOPES_OF_ROLE[role].filter((scope) => scope.startsWith('platform:'))).toEqual([]);
});

it('lets only those who pay or operate move money', () => {
  expect(ROLES.filter((role) => SCOPES_OF_ROLE[role].includes('billing:write'))).toEqual(['owner', 'billing', 'operator']);
});

it('lets platform staff see no media of customers', () => {
  for (const role of ['operator', 'auditor'] as const)
    expect(SCOPES_OF_ROLE[role].filter((scope) => scope.startsWith('generations'))).toEqual([]);
});

it('lets an auditor change nothing', () => {
  expect(SCOPES_OF_ROLE.auditor.filter((scope) => !scope.endsWith(':read'))).toEqual([]);
});

it.each([
  { held: ['keys:write', 'ledger:read'], wanted: ['ledger:read'], expected: true },
  { held: ['keys:write'], wanted: ['ledger:read'], expected: false },
  { held: ['keys:write'], wanted: [], expected: true },
])('who holds $held may hand on $wanted: $expected', ({ held, wanted, expected }) => {
  expect(mayHandOn(held, wanted)).toBe(expected);
});
