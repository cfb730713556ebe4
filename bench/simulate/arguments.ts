import { parseArgs } from 'node:util';

export const SIMULATE_HELP = `npm run simulate -- --trace FILE [options]

Runs the real planner, or what it is compared with, over a trace by a simulated clock, and prints one JSON object. The trace is a CSV
with the columns submitted_at, tenant and run_seconds, and if you like lanes, base_model, output, tier and priority.

  --policy NAME        halo, fifo, static or borrow (default halo)
  --lanes N            lanes of all nodes together (default 64)
  --nodes N            nodes that share them evenly (default 1)
  --tenants WHICH      who has units: top:N, those with most work, or TENANT=UNITS,… (default top:6)
  --units N            units of each of top:N (default 8)
  --speed N            gaps between arrivals are divided by it (default 1)
  --runtime-scale N    run times are multiplied by it (default 1)
  --models-per-node N  models that a node keeps loaded (default 2)
  --reload-s N         seconds that loading a model takes (default 0)
  --no-residency       the planner does not look at what is loaded
  --from T, --to T     a part of the trace, by its own times
  --seed N             for the moments inside a second (default 1)
  --live               through the running leader and a Postgres of its own instead of a simulated clock, by halo
  --time-scale N       of --live: how much faster than the trace (default 1)
  --json               on one line
  --help`;

const NUMBERS = ['lanes', 'nodes', 'units', 'speed', 'runtime-scale', 'models-per-node', 'reload-s', 'seed', 'time-scale'] as const;
type NumberName = (typeof NUMBERS)[number];

export interface SimulateArguments {
  trace: string;
  policy: string;
  /** `top:N`, or `TENANT=UNITS,…`. */
  tenants: string;
  from: string | undefined;
  to: string | undefined;
  residency: boolean;
  live: boolean;
  json: boolean;
  numbers: Readonly<Record<NumberName, number>>;
}

/** Undefined when only help is wanted. @throws an error written for the user */
export function simulateArguments(args: string[]): SimulateArguments | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  if (!values.trace)
    throw new Error('--trace FILE is needed: a CSV with submitted_at, tenant, run_seconds. See npm run simulate -- --help');
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, numberOf(name, values[name])])) as Record<NumberName, number>;
  const { trace, policy, tenants, from, to, live, json } = values;
  return { trace, policy, tenants, from, to, residency: !values['no-residency'], live, json, numbers };
}

function parsed(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
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
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}. See npm run simulate -- --help`);
  }
}

function numberOf(name: NumberName, given: string): number {
  const value = Number(given);
  if (given === '' || !(value >= 0)) throw new Error(`--${name} wants a number, not "${given}"`);
  return value;
}
