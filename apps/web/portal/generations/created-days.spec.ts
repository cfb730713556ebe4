import { expect, it } from 'vitest';
import { daysOf, instantOf, spanOf } from '#web/portal/generations/created-days';

it('takes whole days as a span whose ends are left out, and shows the same days again', () => {
  const span = spanOf({ from: '2026-02-28', to: '2026-03-01' });
  expect(span).toEqual({ createdAfter: '2026-02-27T23:59:59.999Z', createdBefore: '2026-03-02T00:00:00.000Z' });
  expect(daysOf(span as Record<string, string>)).toEqual({ from: '2026-02-28', to: '2026-03-01' });
});

it('changes one end alone, and takes it back by an empty field', () => {
  expect(spanOf({ from: '2026-02-28' })).toEqual({ createdAfter: '2026-02-27T23:59:59.999Z' });
  expect(spanOf({ to: '' })).toEqual({ createdBefore: '' });
  expect(daysOf({})).toEqual({});
});

it.each([
  ['2026-02-27T23:59:59.999Z', '2026-02-27T23:59:59.999Z'],
  ['yesterday', undefined],
  [7, undefined],
])('reads %s of an address as %s', (value, instant) => {
  expect(instantOf(value)).toBe(instant);
});
