import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { ExplainedGeneration } from '#sdk/types.gen';

export type Finding = NonNullable<ExplainedGeneration['rules']>['findings'][number];

/** What each rule asks of a generation that waits. */
export const RULE_WORDS: Record<Finding['rule'], MessageDescriptor> = {
  pauses: msg`Neither its tenant nor its pool class is paused`,
  placement: msg`5, 6 · A node that it may run on has as many lanes`,
  own_order: msg`4 · Nothing of its tenant’s own goes before it`,
  guarantee: msg`1 · Its tenant’s units have room for it`,
  own_idle_units: msg`3 · Its tenant’s idle units take its other work`,
  turn: msg`2 · Its tenant is the least served`,
  held_back: msg`7 · Lanes that an owner just took back stay free for that owner`,
  free_lane: msg`6 · As many lanes of one node are free`,
};

export const VERDICT_WORDS: Record<Finding['verdict'], { glyph: string; word: MessageDescriptor }> = {
  passes: { glyph: '✓', word: msg`passes` },
  waits: { glyph: '○', word: msg`waits` },
  not_concerned: { glyph: '–', word: msg`not concerned` },
};

export const FIGURE_WORDS: Record<Finding['figures'][number]['figure'], MessageDescriptor> = {
  wantedLanes: msg`lanes wanted`,
  nodes: msg`nodes`,
  possibleNodes: msg`nodes it may run on`,
  priority: msg`priority`,
  aheadInTenant: msg`ahead of it`,
  units: msg`units`,
  unitsInUse: msg`units in use`,
  dyingLanes: msg`lanes free any moment`,
  borrowedLanes: msg`borrowed lanes`,
  idleUnits: msg`idle units`,
  position: msg`position`,
  turnsAway: msg`turns away`,
  waitingTenants: msg`tenants that wait`,
  heldBackMs: msg`held back, ms`,
  freeLanes: msg`free lanes`,
  lanes: msg`lanes in service`,
};
