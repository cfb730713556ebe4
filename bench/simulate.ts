import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulatedFigures } from '#bench/simulate/policies';
import { readTrace } from '#bench/simulate/read-trace';
import { type LiveFigures, simulateLive } from '#bench/simulate/simulate-live';
import type { SimulatedJob } from '#core/simulation/simulated-job';
import { FIRST_ESTIMATE_MS } from '#core/simulation/what-if';

/** `npm run simulate -- --trace FILE …`: the planner, or what it is compared with, on a trace. Prints one JSON object. */
const { values } = parseArgs({
  options: {
    trace: { type: 'string' },
    lanes: { type: 'string', default: '64' },
    tenants: { type: 'string', default: 'top:6' },
    units: { type: 'string', default: '8' },
    speed: { type: 'string', default: '1' },
    'runtime-scale': { type: 'string', default: '1' },
    policy: { type: 'string', default: 'halo' },
    nodes: { type: 'string', default: '1' },
    'models-per-node': { type: 'string', default: '2' },
    'reload-s': { type: 'string', default: '0' },
    'no-residency': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    from: { type: 'string' },
    to: { type: 'string' },
    live: { type: 'boolean', default: false },
    'time-scale': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const lanes = aNumber('lanes');
const nodes = aNumber('nodes');
if (!values.trace) throw new Error('--trace FILE is needed: a CSV with submitted_at, tenant, run_seconds[, lanes][, base_model]');
const jobs = readTrace(readFileSync(values.trace, 'utf8'), {
  speed: aNumber('speed'),
  runtimeScale: aNumber('runtime-scale'),
  seed: aNumber('seed'),
  from: values.from,
  to: values.to,
});
const units = unitsOf(jobs);
const figures = values.live
  ? await live()
  : simulatedFigures(jobs, {
      policy: values.policy,
      lanes,
      nodes,
      modelsPerNode: aNumber('models-per-node'),
      units,
      residency: !values['no-residency'],
      reloadMs: aNumber('reload-s') * 1_000,
      firstEstimateMs: FIRST_ESTIMATE_MS * aNumber('runtime-scale'),
      stopwatch: () => performance.now(),
    });
console.log(
  JSON.stringify(
    { policy: values.policy, jobs: jobs.length, lanes, offered_lanes: offeredLanes(), ...figures },
    rounded,
    values.json ? 0 : 2,
  ),
);
process.exit(0);

/** Through the running platform, with the policy that it has. */
function live(): Promise<LiveFigures> {
  return simulateLive(jobs, {
    lanes,
    nodes,
    units,
    timeScale: aNumber('time-scale'),
    firstEstimateMs: FIRST_ESTIMATE_MS * aNumber('runtime-scale'),
  });
}

/** Those with most work get the units, or those who are named. */
function unitsOf(all: readonly SimulatedJob[]): Map<string, number> {
  if (values.tenants.includes('=')) return new Map(values.tenants.split(',').map((each) => namedUnits(each)));
  const [, count] = /^top:(\d+)$/.exec(values.tenants) ?? [];
  if (count === undefined) throw new Error('--tenants is top:N, or TENANT=UNITS,…');
  const work = new Map<string, number>();
  for (const { tenantId, runMs, lanes: ofJob } of all) work.set(tenantId, (work.get(tenantId) ?? 0) + runMs * ofJob);
  const heaviest = [...work].sort(([, one], [, other]) => other - one).slice(0, Number(count));
  const each = aNumber('units');
  if (each * heaviest.length > lanes) throw new Error(`${heaviest.length} × ${each} units are more than ${lanes} lanes`);
  return new Map(heaviest.map(([tenantId]) => [tenantId, each]));
}

function namedUnits(each: string): [string, number] {
  const [, tenantId, ofTenant] = /^(.+)=(\d+)$/.exec(each) ?? [];
  if (tenantId === undefined) throw new Error('--tenants is top:N, or TENANT=UNITS,…');
  return [tenantId, Number(ofTenant)];
}

function offeredLanes(): number {
  const spanMs = (jobs.at(-1)?.submittedAt ?? 0) - (jobs[0]?.submittedAt ?? 0);
  return jobs.reduce((sum, { runMs, lanes: ofJob }) => sum + runMs * ofJob, 0) / spanMs;
}

function aNumber(
  name: 'lanes' | 'units' | 'speed' | 'runtime-scale' | 'nodes' | 'models-per-node' | 'reload-s' | 'seed' | 'time-scale',
): number {
  const value = Number(values[name]);
  if (!(value >= 0)) throw new Error(`--${name} must be a number, not ${values[name]}`);
  return value;
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}
