import { expect, it } from 'vitest';
import { setupLinkState } from '#core/access/setup-link';

const now = new Date('2026-11-23T12:00:00Z');
const later = new Date('2026-11-24T12:00:00Z');
const earlier = new Date('2026-11-22T12:00:00Z');

it.each([
  { openedAt: null, revokedAt: null, expiresAt: later, state: 'unused' },
  { openedAt: earlier, revokedAt: null, expiresAt: later, state: 'open' },
  { openedAt: earlier, revokedAt: earlier, expiresAt: later, state: 'revoked' },
  { openedAt: null, revokedAt: earlier, expiresAt: earlier, state: 'revoked' },
  { openedAt: null, revokedAt: null, expiresAt: now, state: 'expired' },
  { openedAt: earlier, revokedAt: null, expiresAt: now, state: 'expired' },
])('opened $openedAt, revoked $revokedAt, until $expiresAt: $state', ({ state, ...times }) => {
  expect(setupLinkState(times, now)).toBe(state);
});
