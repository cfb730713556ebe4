import { expect, it } from 'vitest';
import { daysLeft, dueWarning } from '#core/access/certificate-expiry';

const now = new Date('2026-11-23T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);

it.each([
  { days: 31, warned: null, due: undefined },
  { days: 30, warned: null, due: 30 },
  { days: 20, warned: 30, due: undefined },
  { days: 7, warned: 30, due: 7 },
  { days: 6.5, warned: 7, due: undefined },
  { days: 1, warned: 7, due: 1 },
  { days: 0.2, warned: 1, due: undefined },
  { days: 3, warned: null, due: 7 },
  { days: 0.5, warned: null, due: 1 },
  { days: 0, warned: 7, due: undefined },
])('$days days before the end, warned at $warned: $due', ({ days, warned, due }) => {
  expect(dueWarning(inDays(days), now, warned)).toBe(due);
});

it('counts the day that has begun', () => {
  expect([daysLeft(inDays(0.1), now), daysLeft(inDays(2), now), daysLeft(inDays(-0.5), now)]).toEqual([1, 2, -0]);
});
