import { expect, it } from 'vitest';
import { type AnyWaitReason, WAIT_REASONS, whatWouldChange } from '#core/scheduling/what-would-change';

it.each<{ reason: AnyWaitReason; tier: 'dedicated' | 'shared' | 'flex'; isFirst: boolean; first: string }>([
  { reason: 'own_units_busy', tier: 'dedicated', isFirst: false, first: 'more_units' },
  { reason: 'no_free_lane', tier: 'flex', isFirst: true, first: 'shared' },
  { reason: 'no_free_lane', tier: 'shared', isFirst: true, first: 'more_units' },
  { reason: 'no_free_lane', tier: 'shared', isFirst: false, first: 'higher_priority' },
  { reason: 'lane_on_its_way', tier: 'dedicated', isFirst: true, first: 'a_lane_comes_free' },
  { reason: 'pool_paused', tier: 'shared', isFirst: true, first: 'an_operator' },
])('$reason of $tier work, first of its tenant $isFirst: $first', ({ reason, tier, isFirst, first }) => {
  expect(whatWouldChange(reason, tier, isFirst)[0]).toBe(first);
});

it('has an answer to every reason', () => {
  for (const reason of WAIT_REASONS) expect(whatWouldChange(reason, 'shared', true)).not.toEqual([]);
});
