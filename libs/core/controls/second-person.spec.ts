import { expect, it } from 'vitest';
import { mayDecide, needsSecondPerson, type Proposal } from '#core/controls/second-person';

const now = new Date('2026-11-23T12:00:00Z');
const later = new Date(now.getTime() + 1);
const open: Proposal = { proposedBy: 'ada', expiresAt: later, decision: null };

it.each([
  [{ stops: 'submits', scope: 'all', subject: null } as const, true],
  [{ stops: 'submits', scope: 'tenant', subject: 'north' } as const, false],
  [{ stops: 'webhooks', scope: 'all', subject: null } as const, false],
  [{ takesSold: true, losesSite: false }, true],
  [{ takesSold: false, losesSite: true }, true],
  [{ takesSold: false, losesSite: false }, false],
])('%j needs a second person: %s', (act, isNeeded) => {
  expect(needsSecondPerson(act)).toBe(isNeeded);
});

it.each([
  { who: 'bob', decision: 'approved', proposal: open, answer: 'may' },
  { who: 'bob', decision: 'declined', proposal: open, answer: 'may' },
  { who: 'ada', decision: 'approved', proposal: open, answer: 'own_proposal' },
  { who: 'ada', decision: 'declined', proposal: open, answer: 'may' },
  { who: undefined, decision: 'approved', proposal: open, answer: 'not_a_person' },
  { who: 'bob', decision: 'approved', proposal: { ...open, expiresAt: now }, answer: 'not_open' },
  { who: 'bob', decision: 'approved', proposal: { ...open, decision: 'declined' }, answer: 'not_open' },
] as const)('$who, $decision of $proposal → $answer', ({ who, decision, proposal, answer }) => {
  const told = mayDecide(proposal, decision, who, now);
  expect(told === 'may' ? told : told.refused).toBe(answer);
});
