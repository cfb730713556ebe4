import type { ServiceTier } from '#core/catalog/service-tiers';

/** Why a queued generation has not started, as far as anybody asks; the planner's own reasons first. */
export const WAIT_REASONS = [
  'no_node_with_n_lanes',
  'more_lanes_than_units',
  'lane_on_its_way',
  'own_units_busy',
  'held_back',
  'no_free_lane',
  'tenant_paused',
  'pool_paused',
  'batch_paused',
  'behind_its_queue',
] as const;
export type AnyWaitReason = (typeof WAIT_REASONS)[number];

/** What would let a generation start sooner, in words for its owner. */
export const WAIT_CHANGES = {
  more_units: 'More units: this tier starts at once on each that is free',
  spillover: 'Service tier spillover, which also takes lanes that are not its own',
  shared: 'Service tier shared, which goes before flex',
  higher_priority: 'A higher priority among the tenant’s own work',
  resume_batch: 'Its batch goes on when it is resumed',
  a_lane_comes_free: 'Nothing has to be done: it starts when a lane comes free',
  an_operator: 'Nothing that its tenant can do: the platform’s operators see it',
} as const;
export type WaitChange = keyof typeof WAIT_CHANGES;

/** The change that helps most comes first. @param isFirstOfItsTenant nothing of its tenant's own goes before it */
export function whatWouldChange(reason: AnyWaitReason, tier: ServiceTier, isFirstOfItsTenant: boolean): WaitChange[] {
  const order: WaitChange[] = isFirstOfItsTenant ? [] : ['higher_priority'];
  switch (reason) {
    case 'more_lanes_than_units':
      return ['more_units', 'spillover'];
    case 'own_units_busy':
      return ['more_units', 'spillover', ...order];
    case 'no_free_lane':
    case 'behind_its_queue':
      return [...order, tier === 'flex' ? 'shared' : 'more_units'];
    case 'lane_on_its_way':
    case 'held_back':
      return ['a_lane_comes_free'];
    case 'batch_paused':
      return ['resume_batch'];
    case 'no_node_with_n_lanes':
    case 'tenant_paused':
    case 'pool_paused':
      return ['an_operator'];
  }
}
