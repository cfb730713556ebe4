import { expect, it } from 'vitest';
import { limitsOf } from '#core/access/key-limits';

const none = { createsPerMinute: null, maxConcurrent: null };

it.each([
  { plan: 'scale', own: none, family: 'ray', limits: null },
  { plan: 'build', own: none, family: 'ray', limits: { concurrent: 10, createsPerMinute: 20 } },
  { plan: 'build', own: none, family: 'photon', limits: { concurrent: 40, createsPerMinute: 80 } },
  { plan: 'build', own: { createsPerMinute: 5, maxConcurrent: 99 }, family: 'ray', limits: { concurrent: 10, createsPerMinute: 5 } },
  {
    plan: 'scale',
    own: { createsPerMinute: 5, maxConcurrent: null },
    family: 'ray',
    limits: { concurrent: Number.POSITIVE_INFINITY, createsPerMinute: 5 },
  },
])('plan $plan, own $own, family $family → $limits', ({ plan, own, family, limits }) => {
  expect(limitsOf(plan, own, family)).toEqual(limits);
});
