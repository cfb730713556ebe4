import { expect, it } from 'vitest';
import { KeyedGroups } from '#platform/database/keyed-groups';

it('has no two commands of one key in flight in different groups, and those of other keys beside them', async () => {
  const inFlight = new Map<string, number>();
  let most = 0;
  const groups = new KeyedGroups<string, string>({
    name: 'test',
    groups: 4,
    maxCommands: 2,
    keyOf: (tenant) => tenant,
    run: async (tenants) => {
      const here = new Set(tenants);
      for (const tenant of here) {
        expect(inFlight.get(tenant) ?? 0).toBe(0);
        inFlight.set(tenant, 1);
      }
      most = Math.max(most, [...inFlight.values()].filter((count) => count > 0).length);
      await new Promise(setImmediate);
      for (const tenant of here) inFlight.set(tenant, 0);
      return [...tenants];
    },
  });
  const tenants = Array.from({ length: 200 }, (_, at) => `tenant-${at % 40}`);
  expect(await Promise.all(tenants.map((tenant) => groups.add(tenant)))).toEqual(tenants);
  expect(most).toBeGreaterThan(2);
});
