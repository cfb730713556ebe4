import { expect, it } from 'vitest';
import { shareLinkState } from '#core/review/share-link';

const now = new Date('2026-11-23T12:00:00Z');
const before = new Date('2026-11-23T11:59:59Z');
const after = new Date('2026-11-23T12:00:01Z');

it.each([
  { revokedAt: null, expiresAt: after, state: 'open' },
  { revokedAt: null, expiresAt: now, state: 'expired' },
  { revokedAt: before, expiresAt: after, state: 'revoked' },
  { revokedAt: before, expiresAt: before, state: 'revoked' },
])('a link that was revoked at $revokedAt and lasts until $expiresAt is $state', ({ state, ...times }) => {
  expect(shareLinkState(times, now)).toBe(state);
});
