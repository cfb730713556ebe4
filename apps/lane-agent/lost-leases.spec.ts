import { expect, it } from 'vitest';
import { LostLeases } from '#apps/lane-agent/lost-leases';

it.each([
  { fence: '4', isLost: true }, // fences only grow: what is older than a lost one is lost
  { fence: '5', isLost: true },
  { fence: '6', isLost: false },
  { fence: '10', isLost: false }, // numbers, not texts
])('with fence 5 lost, fence $fence is lost: $isLost', ({ fence, isLost }) => {
  const lost = new LostLeases();
  lost.add({ generationId: 'a', fence: '5' });
  lost.add({ generationId: 'a', fence: '3' });
  expect(lost.has({ generationId: 'a', fence })).toBe(isLost);
  expect(lost.has({ generationId: 'b', fence })).toBe(false);
});

it('forgets the oldest when it is full', () => {
  const lost = new LostLeases(2);
  for (const generationId of ['a', 'b', 'a', 'c']) lost.add({ generationId, fence: '1' });
  expect(['a', 'b', 'c'].map((generationId) => lost.has({ generationId, fence: '1' }))).toEqual([true, false, true]);
});
