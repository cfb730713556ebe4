import { sizeUnits } from '#core/simulation/size-units';
import { replay } from '#core/simulation/what-if';
import type { FromPlannerChild, SimulationOrder } from '#features/simulations/planner-process';

process.once('disconnect', () => process.exit(0));
process.once('message', (order: SimulationOrder) => {
  const result = order.kind === 'size' ? sizeUnits(order.question) : replay(order.load, (endedJobs) => process.send?.(progress(endedJobs)));
  process.send?.({ result } satisfies FromPlannerChild, () => process.exit(0));
});

function progress(endedJobs: number): FromPlannerChild {
  return { endedJobs };
}
