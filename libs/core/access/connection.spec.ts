import { describe, expect, it } from 'vitest';
import { takesEffect, whyNotState } from '#core/access/connection';

const safe = { hasProvenDomain: true, hasBreakGlass: true };

describe('a connection becomes', () => {
  it.each([
    { wanted: 'draft', isTested: false, isOwnerTested: false, safeguards: safe, why: undefined },
    { wanted: 'optional', isTested: false, isOwnerTested: false, safeguards: safe, why: 'not_tested' },
    { wanted: 'optional', isTested: true, isOwnerTested: false, safeguards: safe, why: undefined },
    { wanted: 'enforced', isTested: true, isOwnerTested: false, safeguards: safe, why: 'not_tested_by_owner' },
    { wanted: 'enforced', isTested: true, isOwnerTested: true, safeguards: safe, why: undefined },
    { wanted: 'enforced', isTested: true, isOwnerTested: true, safeguards: { ...safe, hasProvenDomain: false }, why: 'no_proven_domain' },
    { wanted: 'enforced', isTested: true, isOwnerTested: true, safeguards: { ...safe, hasBreakGlass: false }, why: 'no_break_glass' },
  ] as const)('$wanted with tested $isTested, by an owner $isOwnerTested: $why', ({ wanted, isTested, isOwnerTested, safeguards, why }) => {
    expect(whyNotState(wanted, { isTested, isOwnerTested }, safeguards)).toBe(why);
  });
});

describe('an edit that passed its test takes effect', () => {
  it.each([
    ['draft', false, true],
    ['optional', false, true],
    ['enforced', false, false],
    ['enforced', true, true],
  ] as const)('on %s, tested by an owner %s: %s', (state, isByOwner, expected) => expect(takesEffect(state, isByOwner)).toBe(expected));
});
