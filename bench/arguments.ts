import { parseArgs } from 'node:util';
import { BENCHES } from '#bench/benches';

const DEFAULT_ROUNDS = 3;

export interface BenchArguments {
  name: string;
  json: boolean;
  quick: boolean;
  rounds: number;
  /** Undefined: the benchmark’s own number. */
  rows: number | undefined;
}

export function benchHelp(): string {
  const width = Math.max(...Object.keys(BENCHES).map((name) => name.length));
  return `npm run bench -- NAME [options]

Measures Halogen against a plain baseline, both on servers that are started for it, interleaved, several rounds.

${Object.entries(BENCHES)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join('\n')}

  --json        one JSON object a line: bench, metric, value, unit, baseline, ratio, spread
  --rounds N    rounds of each measurement (default ${DEFAULT_ROUNDS}); the median counts
  --rows N      rows of a bulk upload or a campaign, where there is one
  --quick       leaves out what takes minutes
  --help

Another Postgres instead of ours: DATABASE_URL (an owner that may create databases and roles).`;
}

/** Undefined when only help is wanted. Throws an error written for the user. */
export function benchArguments(args: string[]): BenchArguments | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
      rows: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [name] = positionals;
  const known = `Benchmarks: ${Object.keys(BENCHES).join(', ')}. See npm run bench -- --help`;
  if (name === undefined) throw new Error(`which benchmark? ${known}`);
  if (!Object.hasOwn(BENCHES, name) || positionals.length > 1)
    throw new Error(`there is no benchmark "${positionals.join(' ')}". ${known}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error(`--rounds wants a number from 1 to 100, not "${values.rounds}"`);
  return { name, json: values.json, quick: values.quick, rounds, rows: rowsOf(values.rows) };
}

function rowsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rows = Number(text);
  if (!Number.isInteger(rows) || rows < 1 || rows > 5_000_000) throw new Error(`--rows wants a number from 1 to 5000000, not "${text}"`);
  return rows;
}
