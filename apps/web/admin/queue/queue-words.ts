import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { GenerationWait, ListStuckResponse } from '#sdk/types.gen';

export const TIER_WORDS: Record<string, MessageDescriptor> = {
  dedicated: msg`dedicated`,
  spillover: msg`spillover`,
  shared: msg`shared`,
  flex: msg`flex`,
};

export const STUCK_WORDS: Record<ListStuckResponse['stuck'][number]['reason'], MessageDescriptor> = {
  lanes_not_freed: msg`It has ended, but its node has not freed the lanes.`,
  lease_without_run: msg`It has a lease, but no run.`,
  past_its_limit: msg`It runs for longer than its lease allows.`,
  tenant_paused: msg`Its tenant is paused.`,
  pool_paused: msg`Its pool class is paused.`,
  no_leader: msg`Nobody leads its pool class.`,
  no_node: msg`No node of its pool class is in service.`,
  waits_for_lanes: msg`It waits for lanes.`,
};

/** The rule of the planner that a generation meets. */
export const WAIT_WORDS: Record<GenerationWait['reason'], MessageDescriptor> = {
  no_node_with_n_lanes: msg`No usable node of the sites it may run at has so many lanes.`,
  more_lanes_than_units: msg`It needs more lanes than its tenant has units, and may use nothing else.`,
  lane_on_its_way: msg`Its tenant’s units have room for it: a lane is being taken back.`,
  own_units_busy: msg`Its tenant’s units are all in use, and its tier borrows nothing.`,
  held_back: msg`It was recalled a moment ago, and is not lent that owner’s lanes again yet.`,
  no_free_lane: msg`No lane is free, and its tenant’s fair share is in use.`,
  tenant_paused: msg`Its tenant is paused.`,
  pool_paused: msg`Its pool class is paused.`,
  batch_paused: msg`Its batch is paused.`,
  behind_its_queue: msg`Earlier work of its own tenant goes first.`,
};
