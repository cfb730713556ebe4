import { evenFleet } from '#core/simulation/fleet';
import { type Figures, measure } from '#core/simulation/measure';
import { simulateFifo, simulateStatic, withoutPlanner } from '#core/simulation/simulate-fifo';
import { type SimulationSettings, simulatePlanner } from '#core/simulation/simulate-planner';
import type { Simulated, SimulatedJob } from '#core/simulation/simulated-job';

export interface PolicySettings extends Omit<SimulationSettings, 'fleet' | 'recalls'> {
  policy: string;
  lanes: number;
  nodes: number;
}

/** What a policy makes of a trace. */
export function simulatedFigures(jobs: readonly SimulatedJob[], settings: PolicySettings): Figures {
  return measure(simulated(jobs, settings), settings.units);
}

function simulated(jobs: readonly SimulatedJob[], { policy, lanes, nodes, ...settings }: PolicySettings): Simulated {
  switch (policy) {
    case 'fifo':
      return withoutPlanner(simulateFifo(jobs, lanes), lanes);
    case 'static':
      return withoutPlanner(simulateStatic(jobs, lanes, settings.units), lanes);
    case 'halo':
    case 'borrow':
      return simulatePlanner(jobs, { ...settings, fleet: evenFleet(lanes, nodes), recalls: policy === 'halo' });
    default:
      throw new Error(`unknown policy ${policy}: halo, fifo, static or borrow`);
  }
}
