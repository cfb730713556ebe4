import { describe, expect, it } from 'vitest';
import { type AttemptResult, afterCallback } from '#core/webhooks/callback-schedule';

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
