import { expect, it } from 'vitest';
import { wantsEvent, wantsType } from '#core/webhooks/event-filter';

it.each([
  { filter: null, type: 'key.revoked', wanted: true },
  { filter: [], type: 'key.revoked', wanted: false },
  { filter: ['key.revoked'], type: 'key.revoked', wanted: true },
  { filter: ['generation.*'], type: 'generation.completed', wanted: true },
  { filter: ['generation.*'], type: 'generations.completed', wanted: false },
  { filter: ['generation.*', 'credits.low'], type: 'credits.low', wanted: true },
  { filter: ['generation'], type: 'generation.completed', wanted: false },
])('$filter wants $type: $wanted', ({ filter, type, wanted }) => {
  expect(wantsType(filter, type)).toBe(wanted);
});

it.each([
  { of: null, event: null, wanted: true },
  { of: null, event: 'p1', wanted: true },
  { of: 'p1', event: 'p1', wanted: true },
  { of: 'p1', event: 'p2', wanted: false },
  { of: 'p1', event: null, wanted: false },
])('an endpoint of project $of wants an event of $event: $wanted', ({ of, event, wanted }) => {
  expect(wantsEvent({ eventTypes: null, projectId: of }, { type: 'key.revoked', projectId: event })).toBe(wanted);
  expect(wantsEvent({ eventTypes: ['generation.*'], projectId: of }, { type: 'key.revoked', projectId: event })).toBe(false);
});
