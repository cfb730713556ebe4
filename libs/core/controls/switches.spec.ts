import { expect, it } from 'vitest';
import { isKnownStop, type Stop, type Switch, switchThatStops } from '#core/controls/switches';

const now = new Date('2026-11-23T12:00:00Z');
const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const aSwitch: Switch = { id: 's', stops: 'submits', scope: 'all', subject: null, reason: 'A flood', setAt: now, endsAt: null };
const beginning = { tenantId: 'north', poolClass: 'halo-1', model: 'photon-1' };

it.each<[Partial<Switch>, boolean]>([
  [{}, true],
  [{ stops: 'webhooks' }, false],
  [{ scope: 'tenant', subject: 'north' }, true],
  [{ scope: 'tenant', subject: 'south' }, false],
  [{ scope: 'pool', subject: 'halo-1' }, true],
  [{ scope: 'pool', subject: 'halo-2' }, false],
  [{ scope: 'model', subject: 'photon-1' }, true],
  [{ scope: 'model', subject: 'ray-2' }, false],
  [{ endsAt: inMinutes(1) }, true],
  [{ endsAt: now }, false],
])('a switch %j stops a submit of north to photon-1: %s', (part, isStopped) => {
  expect(switchThatStops([{ ...aSwitch, ...part }], 'submits', beginning, now) !== undefined).toBe(isStopped);
});

it.each([
  { endsAt: [null], seconds: 60 },
  { endsAt: [inMinutes(5)], seconds: 300 },
  { endsAt: [inMinutes(60)], seconds: 900 },
  { endsAt: [inMinutes(5), inMinutes(10)], seconds: 600 },
  { endsAt: [inMinutes(5), null], seconds: 60 },
])('sends a caller away for $seconds s when switches end at $endsAt', ({ endsAt, seconds }) => {
  const switches = endsAt.map((end) => ({ ...aSwitch, endsAt: end }));
  expect(switchThatStops(switches, 'submits', beginning, now)).toEqual({
    refused: 'switched_off',
    reason: 'A flood',
    retryAfterMs: seconds * 1_000,
  });
});

it.each<[Stop, boolean]>([
  [{ stops: 'submits', scope: 'all', subject: null }, true],
  [{ stops: 'submits', scope: 'all', subject: 'north' }, false],
  [{ stops: 'submits', scope: 'model', subject: 'ray-2' }, true],
  [{ stops: 'webhooks', scope: 'model', subject: 'ray-2' }, false],
  [{ stops: 'ingestion', scope: 'tenant', subject: 'north' }, true],
  [{ stops: 'ingestion', scope: 'tenant', subject: null }, false],
])('%j can be honoured: %s', (stop, isKnown) => {
  expect(isKnownStop(stop)).toBe(isKnown);
});
