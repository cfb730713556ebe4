import { expect, it } from 'vitest';
import { acceptedTier } from '#core/catalog/accepted-tier';

it.each([
  { tier: 'spillover', gangLanes: 1, units: 8, isFlexCovered: true, accepted: 'dedicated' },
  { tier: 'spillover', gangLanes: 9, units: 8, isFlexCovered: true, accepted: 'flex' }, // no unit could ever serve this gang
  { tier: 'spillover', gangLanes: 1, units: 0, isFlexCovered: false, accepted: undefined },
  { tier: 'shared', gangLanes: 1, units: 0, isFlexCovered: true, accepted: 'flex' },
  { tier: 'flex', gangLanes: 1, units: 0, isFlexCovered: false, accepted: undefined },
] as const)('$tier of $gangLanes lanes with $units units, flex covered $isFlexCovered → $accepted', ({ accepted, ...request }) => {
  expect(acceptedTier(request)).toBe(accepted);
});
