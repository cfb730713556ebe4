/** Where a generation may run: a hard constraint. An absent list allows everything. */
export interface PlacementRule {
  siteIds?: readonly string[];
  regions?: readonly string[];
  jurisdictions?: readonly string[];
}

/** What the planner knows of a queued generation. Points in time are milliseconds since 1970. */
export interface WaitingGeneration {
  tenantId: string;
  generationId: string;
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
}

/** Generations of one shape fit, or do not fit, the same free lanes. */
export interface Shape {
  gangLanes: number;
  placement: PlacementRule;
}

export function shapeKeyOf({ gangLanes, placement }: Shape): string {
  return JSON.stringify([gangLanes, sorted(placement.siteIds), sorted(placement.regions), sorted(placement.jurisdictions)]);
}

function sorted(names: readonly string[] | undefined): string[] | null {
  return names ? [...names].sort() : null;
}
