import type { ServiceTier } from '#core/catalog/service-tiers';

/** Where a generation may run: a hard constraint. An absent list allows everything, and training must be allowed. */
export interface PlacementRule {
  siteIds?: readonly string[];
  regions?: readonly string[];
  jurisdictions?: readonly string[];
  /** Where what is sent may be trained on, too. */
  mayTrain?: boolean;
}

/** What the planner knows of a queued generation. Points in time are milliseconds since 1970. */
export interface WaitingGeneration {
  tenantId: string;
  generationId: string;
  tier: ServiceTier;
  model: string;
  /** Names the form of the output: runs of one model and key take about as long. */
  outputKey: string;
  /** The rate card's burn: the estimate until runs have ended. */
  burnLaneMs: number;
  /** Lanes of one node that it needs at once. */
  gangLanes: number;
  priority: number;
  startBy: number | null;
  completeBy: number | null;
  createdAt: number;
  /** When it joined the queue last: later than `createdAt` after a lost lease. */
  queuedAt: number;
  traceparent: string | null;
  placement: PlacementRule;
  /** Rule 7: after a recall it is not lent this owner's lanes again for a while. */
  heldBack?: { ownerId: string; untilMs: number };
}

/** Generations of one shape may use the same lanes, fit, or do not fit, the same free ones, and are as well placed on them. */
export interface Shape {
  model: string;
  /** As it counts now: `flex` that has waited for long counts as `shared`. */
  tier: ServiceTier;
  gangLanes: number;
  placement: PlacementRule;
}

export function shapeKeyOf({ model, tier, gangLanes, placement }: Shape): string {
  return JSON.stringify([
    model,
    tier,
    gangLanes,
    sorted(placement.siteIds),
    sorted(placement.regions),
    sorted(placement.jurisdictions),
    placement.mayTrain === true,
  ]);
}

function sorted(names: readonly string[] | undefined): string[] | null {
  return names ? [...names].sort() : null;
}
