import { expect, it } from 'vitest';
import { slugOf, slugsOf } from '#web/parts/scope/slugs';

it.each([
  ['Northwind & Co.', 'northwind-co'],
  ['Müller Söhne', 'muller-sohne'],
  ['電通', ''],
  ['--', ''],
])('%s → %s', (name, slug) => expect(slugOf(name)).toBe(slug));

it('names by id what a slug would not tell apart', () => {
  const tenants = [
    { id: 'a', name: 'Cola' },
    { id: 'b', name: 'cola!' },
    { id: 'c', name: 'Generations' },
    { id: 'd', name: 'Juice' },
    { id: 'e', name: '電通' },
  ];
  expect(Object.fromEntries(slugsOf(tenants, new Set(['generations'])))).toEqual({ a: 'a', b: 'b', c: 'c', d: 'juice', e: 'e' });
});
