import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { MODELS } from '#core/catalog/models';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Generation, GenerationMeters } from '#sdk/types.gen';

export const MODEL_NAMES = Object.keys(MODELS);

export const tierWord: Record<ServiceTier, MessageDescriptor> = {
  dedicated: msg`dedicated`,
  spillover: msg`spillover`,
  shared: msg`shared`,
  flex: msg`flex`,
};

export const servedFromWord: Record<'own' | 'lent' | 'shared', MessageDescriptor> = {
  own: msg`your own unit`,
  lent: msg`a borrowed unit`,
  shared: msg`the shared lanes`,
};

type WaitReason = NonNullable<GenerationMeters['wait']>['reason'];

/** Why something waits, and what would change it. */
export const waitWord: Record<WaitReason, MessageDescriptor> = {
  no_node_with_n_lanes: msg`No node has enough lanes free at once. It starts when one has.`,
  more_lanes_than_units: msg`It needs more lanes than you have units. Another tier or more units would let it start.`,
  lane_on_its_way: msg`A lane is on its way to it.`,
  own_units_busy: msg`All of your own units are in use. The spillover tier would also use shared lanes.`,
  held_back: msg`Lanes are held back for guarantees. It starts when they are free again.`,
  no_free_lane: msg`No lane is free, and your fair share is in use.`,
  tenant_paused: msg`Your generations are paused by the operators.`,
  batch_paused: msg`Its batch is paused. It starts when the batch is resumed.`,
  pool_paused: msg`This pool is paused by the operators.`,
  behind_its_queue: msg`Your own earlier generations go first. A higher priority would move it forward.`,
};

type WaitChange = NonNullable<GenerationMeters['wait']>['wouldChange'][number]['change'];

/** What would let it start sooner. */
export const changeWord: Record<WaitChange, MessageDescriptor> = {
  more_units: msg`More units: this tier starts at once on each that is free.`,
  spillover: msg`The spillover tier, which also takes lanes that are not your own.`,
  shared: msg`The shared tier, which goes before flex.`,
  higher_priority: msg`A higher priority among your own generations.`,
  resume_batch: msg`Resuming its batch.`,
  a_lane_comes_free: msg`Nothing has to be done: it starts when a lane comes free.`,
  an_operator: msg`Nothing that you can do: the operators see it.`,
};

/** What was asked for in words; what has no prompt is named by its model. */
export function promptOf({ request, model }: Pick<Generation, 'request' | 'model'>): string {
  const { prompt } = request;
  return typeof prompt === 'string' && prompt !== '' ? prompt : model;
}

export function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}:${value}`)
    .join(', ');
}
