import { readFileSync } from 'node:fs';
import { SIMULATE_HELP, type SimulateArguments, simulateArguments } from '#bench/simulate/arguments';
import { simulatedFigures } from '#bench/simulate/policies';
import { readTrace } from '#bench/simulate/read-trace';
import { simulateLive } from '#bench/simulate/simulate-live';
import type { SimulatedJob } from '#core/simulation/simulated-job';
import { FIRST_ESTIMATE_MS } from '#core/simulation/what-if';

/** `npm run simulate -- --trace FILE …`: the planner, or what it is compared with, on a trace. Prints one JSON object. */
try {
  const given = simulateArguments(process.argv.slice(2));
  if (given) await simulate(given);
  else console.log(SIMULATE_HELP);
  process.exit(0);
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  process.exit(1);
}

async function simulate(given: SimulateArguments): Promise<void> {
  const { policy, from, to, residency, live, json, numbers } = given;
  const { lanes, nodes, speed, seed } = numbers;
  const [runtimeScale, timeScale] = [numbers['runtime-scale'], numbers['time-scale']];
  const jobs = readTrace(textOf(given.trace), { speed, runtimeScale, seed, from, to });
  if (jobs.length === 0) throw new Error(`the trace ${given.trace} has no job with a run time in what was asked for`);
  const units = unitsOf(jobs, given);
  const firstEstimateMs = FIRST_ESTIMATE_MS * runtimeScale;
  const figures = live
    ? await simulateLive(jobs, { lanes, nodes, units, timeScale, firstEstimateMs })
    : simulatedFigures(jobs, {
        policy,
        lanes,
        nodes,
        modelsPerNode: numbers['models-per-node'],
        units,
        residency,
        reloadMs: numbers['reload-s'] * 1_000,
        firstEstimateMs,
        stopwatch: () => performance.now(),
      });
  const told = { policy, jobs: jobs.length, lanes, offered_lanes: offeredLanes(jobs), ...figures };
  console.log(JSON.stringify(told, rounded, json ? 0 : 2));
}

function textOf(trace: string): string {
  try {
    return readFileSync(trace, 'utf8');
  } catch (error) {
    throw new Error(`--trace ${trace} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** Those with most work get the units, or those who are named. */
function unitsOf(all: readonly SimulatedJob[], { tenants, numbers: { units: each, lanes } }: SimulateArguments): Map<string, number> {
  if (tenants.includes('=')) return new Map(tenants.split(',').map(namedUnits));
  const [, count] = /^top:(\d+)$/.exec(tenants) ?? [];
  if (count === undefined) throw new Error('--tenants is top:N, or TENANT=UNITS,…');
  const work = new Map<string, number>();
  for (const { tenantId, runMs, lanes: ofJob } of all) work.set(tenantId, (work.get(tenantId) ?? 0) + runMs * ofJob);
  const heaviest = [...work].sort(([, one], [, other]) => other - one).slice(0, Number(count));
  if (each * heaviest.length > lanes) throw new Error(`${heaviest.length} × ${each} units are more than ${lanes} lanes`);
  return new Map(heaviest.map(([tenantId]) => [tenantId, each]));
}

function namedUnits(each: string): [string, number] {
  const [, tenantId, ofTenant] = /^(.+)=(\d+)$/.exec(each) ?? [];
  if (tenantId === undefined) throw new Error('--tenants is top:N, or TENANT=UNITS,…');
  return [tenantId, Number(ofTenant)];
}

function offeredLanes(jobs: readonly SimulatedJob[]): number {
  const spanMs = (jobs.at(-1)?.submittedAt ?? 0) - (jobs[0]?.submittedAt ?? 0);
  return jobs.reduce((sum, { runMs, lanes: ofJob }) => sum + runMs * ofJob, 0) / spanMs;
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}
