import { describe, expect, it } from 'vitest';
import { afterWebhook, RETRY_AFTER_MS, retryAfterMs, webhookTimeoutMs } from '#core/webhooks/webhook-schedule';

const moment = { tries: 1, timeScale: 1, random: 0.5, nowMs: Date.parse('2026-01-01T00:00:00Z') };

describe('a webhook', () => {
  it.each([200, 201, 204, 299])('is delivered by %i', (status) => {
    expect(afterWebhook({ status }, moment)).toMatchObject({ state: 'delivered', endpointGone: false });
  });

  it.each([
    { status: 199 },
    { status: 301 },
    { status: 307 },
    { status: 404 },
    { status: 500 },
    { error: 'timeout' },
    { error: 'address_not_public' },
  ])('is tried again after %o, ten times in all, on the schedule', (result) => {
    const waits = RETRY_AFTER_MS.map((_, at) => afterWebhook(result, { ...moment, tries: at + 1 }));
    expect(waits.map(({ retryAfterMs }) => retryAfterMs / 1_000)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(afterWebhook(result, { ...moment, tries: 10 })).toMatchObject({ state: 'given_up', endpointGone: false });
  });

  it.each([
    { random: 0, expected: 4_000 },
    { random: 1, expected: 6_000 },
  ])('comes back a fifth earlier or later: $random → $expected ms', ({ random, expected }) => {
    expect(afterWebhook({ status: 500 }, { ...moment, random }).retryAfterMs).toBeCloseTo(expected);
  });

  it('divides its own schedule by the time scale, and not what the receiver asks for', () => {
    expect(afterWebhook({ status: 500 }, { ...moment, timeScale: 1_000 }).retryAfterMs).toBe(5);
    expect(afterWebhook({ status: 429, retryAfter: '3' }, { ...moment, timeScale: 1_000 }).retryAfterMs).toBe(3_000);
  });

  it('ends with 410, and so does its endpoint', () => {
    expect(afterWebhook({ status: 410 }, moment)).toMatchObject({ state: 'given_up', endpointGone: true });
  });

  it.each([429, 502, 504])('holds the whole endpoint back for as long as %i asks', (status) => {
    expect(afterWebhook({ status, retryAfter: '30' }, moment)).toMatchObject({
      state: 'pending',
      throttled: true,
      pauseEndpointMs: 30_000,
      retryAfterMs: 30_000,
    });
    expect(afterWebhook({ status }, moment)).toMatchObject({ throttled: true, retryAfterMs: 5_000 });
    expect(afterWebhook({ status }, moment).pauseEndpointMs).toBeUndefined();
  });

  it('never comes back earlier than scheduled, whatever the receiver asks', () => {
    expect(afterWebhook({ status: 429, retryAfter: '1' }, moment).retryAfterMs).toBe(5_000);
  });
});

it.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', 0],
  ['-5', 0],
  ['999999999', 86_400_000],
])('reads Retry-After %s as %i ms', (value, expected) => {
  expect(retryAfterMs(value, moment.nowMs)).toBe(expected);
});

it.each([
  [1, 15_000],
  [50, 300],
  [1_000_000, 250],
])('at time scale %i a call may last %i ms', (timeScale, expected) => {
  expect(webhookTimeoutMs(timeScale)).toBe(expected);
});
