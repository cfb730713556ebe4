import { aheadInTenant, type ExplainView, expectStart, isPlaceFor } from '#core/scheduling/explain';
import type { LaneBoard } from '#core/scheduling/lane-board';
import type { QueueHead } from '#core/scheduling/queue-order';
import { isGuaranteedTier, mayBorrow } from '#core/scheduling/service-tier';
import type { TenantQueue } from '#core/scheduling/tenant-queue';

/** The rules of `docs/planner.md`, in the order in which a waiting generation meets them. */
export const RULES = ['pauses', 'placement', 'own_order', 'guarantee', 'own_idle_units', 'turn', 'held_back', 'free_lane'] as const;

/** A rule lets it pass, makes it wait, or does not concern it. */
export const VERDICTS = ['passes', 'waits', 'not_concerned'] as const;

/** What a rule reads: counts, but for priority and milliseconds. */
export const RULE_FIGURES = [
  'wantedLanes',
  'nodes',
  'possibleNodes',
  'priority',
  'aheadInTenant',
  'units',
  'unitsInUse',
  'dyingLanes',
  'borrowedLanes',
  'idleUnits',
  'position',
  'turnsAway',
  'waitingTenants',
  'heldBackMs',
  'freeLanes',
  'lanes',
] as const;
export type RuleFigure = (typeof RULE_FIGURES)[number];

export interface RuleFinding {
  rule: (typeof RULES)[number];
  verdict: (typeof VERDICTS)[number];
  figures: { figure: RuleFigure; value: number }[];
}

/** What finding reads beside what explaining does. */
export interface FindingsView extends ExplainView {
  readonly board: LaneBoard;
  readonly dyingLanes: ReadonlyMap<string, number>;
  readonly borrowedLanes: number;
}

/** How each rule meets a generation in the index that the next plan reads. Of one that is no head yet only its own order is known. */
export function findRules(view: FindingsView, generationId: string, isPaused: boolean, now: number): RuleFinding[] {
  const head = view.waitingHead(generationId);
  const tenant = head && view.tenantQueue(head.generation.tenantId);
  const pauses = finding('pauses', !isPaused, {});
  if (!tenant) return [pauses, finding('own_order', false, {})];
  return [
    pauses,
    placement(view, head),
    ownOrder(tenant, head),
    guarantee(view, tenant, head),
    ownIdleUnits(tenant, head),
    turn(view, head, now),
    heldBack(view, head, now),
    freeLane(view, head),
  ];
}

function placement(view: FindingsView, { generation }: QueueHead): RuleFinding {
  const nodes = view.knownNodes();
  const possibleNodes = nodes.filter((nodeId) => isPlaceFor(view, nodeId, generation)).length;
  return finding('placement', possibleNodes > 0, { wantedLanes: generation.gangLanes, nodes: nodes.length, possibleNodes });
}

function ownOrder(tenant: TenantQueue, head: QueueHead): RuleFinding {
  const ahead = aheadInTenant(tenant, head).heads;
  return finding('own_order', ahead === 0, { priority: head.generation.priority, aheadInTenant: ahead });
}

/** With room on its units it goes before everyone: a lane is free, dying, or taken back. */
function guarantee(view: FindingsView, { units, guaranteedLanes }: TenantQueue, { generation }: QueueHead): RuleFinding {
  const { tier, gangLanes } = generation;
  const isConcerned = isGuaranteedTier(tier) && units > 0;
  const dyingLanes = [...view.dyingLanes.values()].reduce((sum, lanes) => sum + lanes, 0);
  const { borrowedLanes } = view;
  const hasRoom = guaranteedLanes + gangLanes <= units;
  return finding('guarantee', isConcerned || !mayBorrow(tier) ? hasRoom : undefined, {
    ...{ units, unitsInUse: guaranteedLanes, dyingLanes, borrowedLanes },
  });
}

function ownIdleUnits({ units, idleUnits }: TenantQueue, { generation: { tier, gangLanes } }: QueueHead): RuleFinding {
  return finding('own_idle_units', isGuaranteedTier(tier) || units === 0 ? undefined : gangLanes <= idleUnits, { units, idleUnits });
}

function turn(view: FindingsView, head: QueueHead, now: number): RuleFinding {
  const expected = mayBorrow(head.generation.tier) ? expectStart(view, head, now) : undefined;
  if (!expected) return finding('turn', undefined, {});
  let waitingTenants = 0;
  for (const { waitingHeads } of view.knownTenants()) waitingTenants += Number(waitingHeads > 0);
  return finding('turn', expected.position === 1, { position: expected.position, turnsAway: expected.turnsAway, waitingTenants });
}

function heldBack(view: FindingsView, { generation: { heldBack: held, gangLanes, tier } }: QueueHead, now: number): RuleFinding {
  const owner = held && now < held.untilMs && mayBorrow(tier) ? view.tenantQueue(held.ownerId) : undefined;
  if (!held || !owner) return finding('held_back', undefined, {});
  const { freeLanes } = view.board;
  const leavesEnough = freeLanes - gangLanes >= owner.idleUnits;
  return finding('held_back', leavesEnough, { heldBackMs: held.untilMs - now, idleUnits: owner.idleUnits, freeLanes });
}

function freeLane(view: FindingsView, { generation }: QueueHead): RuleFinding {
  const { freeLanes } = view.board;
  return finding('free_lane', view.board.findAny(generation) !== undefined, {
    wantedLanes: generation.gangLanes,
    freeLanes,
    lanes: view.lanes,
  });
}

/** @param passes undefined when the rule does not concern it */
function finding(rule: RuleFinding['rule'], passes: boolean | undefined, figures: Partial<Record<RuleFigure, number>>): RuleFinding {
  const verdict = passes === undefined ? 'not_concerned' : passes ? 'passes' : 'waits';
  const read = RULE_FIGURES.flatMap((figure) => {
    const value = figures[figure];
    return value === undefined ? [] : [{ figure, value }];
  });
  return { rule, verdict, figures: verdict === 'not_concerned' ? [] : read };
}
