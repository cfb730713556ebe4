import { describe, expect, it } from 'vitest';
import { type AttemptResult, afterCallback, callbackSignal } from '#core/webhooks/callback-schedule';

describe('a Dream Machine callback', () => {
  it.each([1, 2, 3, 4])('is delivered by a 200 at attempt %i', (attempts) => {
    expect(afterCallback(attempts, { status: 200 })).toEqual({ state: 'delivered' });
  });

  const failures: AttemptResult[] = [
    { status: 201 },
    { status: 204 },
    { status: 302 },
    { status: 410 },
    { status: 500 },
    { error: 'timeout' },
    { error: 'address_not_public' },
  ];
  it.each(failures)('is retried three times, 100 ms apart, after %o', (result) => {
    for (const attempts of [1, 2, 3]) expect(afterCallback(attempts, result)).toEqual({ state: 'pending', retryAfterMs: 100 });
    expect(afterCallback(4, result)).toEqual({ state: 'given_up' });
  });
});

it.each([
  { result: { status: 200 }, signal: 'success' },
  { result: { status: 204 }, signal: 'success' },
  { result: { status: 404 }, signal: 'success' },
  { result: { status: 429 }, signal: 'throttled' },
  { result: { status: 503 }, signal: 'failure' },
  { result: { error: 'timeout' }, signal: 'failure' },
])('$result tells of its host: $signal', ({ result, signal }) => {
  expect(callbackSignal(result as AttemptResult)).toBe(signal);
});
