import { lanesOf, type SimulatedNode } from '#core/simulation/fleet';
import { type Figures, measure } from '#core/simulation/measure';
import { type SimulationSettings, simulatePlanner } from '#core/simulation/simulate-planner';
import type { SimulatedJob } from '#core/simulation/simulated-job';

/** What a pool class had to do, and with what. Tells the planner nothing that a trace would not. */
export interface ReplayedLoad {
  jobs: readonly SimulatedJob[];
  fleet: readonly SimulatedNode[];
  units: ReadonlyMap<string, number>;
  weights: ReadonlyMap<string, number>;
}

export type WhatIfChange =
  | { change: 'add_nodes'; siteId: string; nodes: number; lanesPerNode: number }
  | { change: 'lose_node'; nodeId: string }
  | { change: 'lose_site'; siteId: string }
  | { change: 'sell_units'; tenantId: string; units: number }
  | { change: 'set_share'; tenantId: string; weight: number };

/** What was simulated, beside what came of it. */
export interface WhatIfFigures extends Omit<Figures, 'decisions_per_s'> {
  lanes: number;
  sold_units: number;
}

export type WhatIfRefusal = { refused: 'unknown_node' | 'unknown_site' | 'no_lanes_left'; what: string };

/** A trace knows no rate card: this stands for it until the first run of a kind has ended. */
export const FIRST_ESTIMATE_MS = 30_000;
const MODELS_PER_NODE = 2;

/** As `npm run simulate` would have it, so that the two can be compared. */
export function replaySettings({
  fleet,
  units,
  weights,
}: Omit<ReplayedLoad, 'jobs'>): Omit<SimulationSettings, 'stopwatch' | 'onProgress'> {
  return {
    fleet,
    units,
    weights,
    modelsPerNode: MODELS_PER_NODE,
    recalls: true,
    residency: true,
    reloadMs: 0,
    firstEstimateMs: FIRST_ESTIMATE_MS,
  };
}

/** The load with everything changed that was asked for, one after the other. */
export function changedLoad(load: ReplayedLoad, changes: readonly WhatIfChange[]): ReplayedLoad | WhatIfRefusal {
  let changed: ReplayedLoad | WhatIfRefusal = load;
  for (const [at, change] of changes.entries()) {
    changed = changedBy(changed, change, at);
    if ('refused' in changed) return changed;
  }
  return lanesOf(changed.fleet) > 0 ? changed : { refused: 'no_lanes_left', what: 'every node' };
}

/** The same work through the real planner. @param onProgress told how many jobs have ended */
export function replay(load: ReplayedLoad, onProgress: (endedJobs: number) => void = () => {}): WhatIfFigures {
  const run = simulatePlanner(load.jobs, { ...replaySettings(load), stopwatch: () => 0, onProgress });
  const { decisions_per_s: _, ...figures } = measure(run, load.units);
  return { lanes: run.lanes, sold_units: [...load.units.values()].reduce((sum, units) => sum + units, 0), ...figures };
}

function changedBy(load: ReplayedLoad, change: WhatIfChange, at: number): ReplayedLoad | WhatIfRefusal {
  switch (change.change) {
    case 'add_nodes': {
      const { siteId, lanesPerNode } = change;
      const added = Array.from({ length: change.nodes }, (_, node) => ({ nodeId: `added-${at}-${node}`, siteId, lanes: lanesPerNode }));
      return { ...load, fleet: [...load.fleet, ...added] };
    }
    case 'lose_node':
      return without(load, 'unknown_node', change.nodeId, ({ nodeId }) => nodeId === change.nodeId);
    case 'lose_site':
      return without(load, 'unknown_site', change.siteId, ({ siteId }) => siteId === change.siteId);
    case 'sell_units': {
      const units = (load.units.get(change.tenantId) ?? 0) + change.units;
      return { ...load, units: new Map(load.units).set(change.tenantId, units) };
    }
    case 'set_share':
      return { ...load, weights: new Map(load.weights).set(change.tenantId, change.weight) };
  }
}

function without(
  load: ReplayedLoad,
  refused: WhatIfRefusal['refused'],
  what: string,
  isLost: (node: SimulatedNode) => boolean,
): ReplayedLoad | WhatIfRefusal {
  const fleet = load.fleet.filter((node) => !isLost(node));
  return fleet.length < load.fleet.length ? { ...load, fleet } : { refused, what };
}
