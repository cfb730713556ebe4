import { expect, it } from 'vitest';
import { countCall } from '#core/directory/call-window';
import { MAX_CALLS_PER_MINUTE as MOST } from '#core/directory/limits';

it.each([
  { what: 'the first call', known: null, nowMs: 5_000, window: { beganMs: 5_000, calls: 1 }, refusal: null },
  { what: 'a call with room', known: { beganMs: 0, calls: 7 }, nowMs: 10, window: { beganMs: 0, calls: 8 }, refusal: null },
  { what: 'the last that fits', known: { beganMs: 0, calls: MOST - 1 }, nowMs: 10, window: { beganMs: 0, calls: MOST }, refusal: null },
  {
    what: 'one too many',
    known: { beganMs: 0, calls: MOST },
    nowMs: 15_000,
    window: { beganMs: 0, calls: MOST + 1 },
    refusal: { retryAfterMs: 45_000, isFirst: true },
  },
  {
    what: 'another one',
    known: { beganMs: 0, calls: MOST + 1 },
    nowMs: 59_999,
    window: { beganMs: 0, calls: MOST + 1 },
    refusal: { retryAfterMs: 1, isFirst: false },
  },
  { what: 'the next minute', known: { beganMs: 0, calls: MOST + 1 }, nowMs: 60_000, window: { beganMs: 60_000, calls: 1 }, refusal: null },
])('counts $what', ({ known, nowMs, window, refusal }) => {
  expect(countCall(known, nowMs)).toEqual({ window, refusal });
});
