import { expect, it } from 'vitest';
import { wantsEvent } from '#core/webhooks/event-filter';

it.each([
  { filter: null, type: 'key.revoked', wanted: true },
  { filter: [], type: 'key.revoked', wanted: false },
  { filter: ['key.revoked'], type: 'key.revoked', wanted: true },
  { filter: ['generation.*'], type: 'generation.completed', wanted: true },
  { filter: ['generation.*'], type: 'generations.completed', wanted: false },
  { filter: ['generation.*', 'credits.low'], type: 'credits.low', wanted: true },
  { filter: ['generation'], type: 'generation.completed', wanted: false },
])('$filter wants $type: $wanted', ({ filter, type, wanted }) => {
  expect(wantsEvent(filter, type)).toBe(wanted);
});
