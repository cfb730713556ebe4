import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type BenchArguments, benchArguments, benchHelp } from '#bench/arguments';
import type { Bench } from '#bench/bench';
import { inBenchHome } from '#bench/bench-home';
import { BENCHES } from '#bench/benches';
import type { Measurement } from '#bench/measurement';

// Results alone go to standard output, so that `--json` can be piped.
const report = (line: string) => console.error(line);

try {
  const given = benchArguments(process.argv.slice(2));
  if (given) await runBench(given);
  else console.log(benchHelp());
  process.exit(0);
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  process.exit(1);
}

async function runBench({ name, json, quick, rounds, rows }: BenchArguments): Promise<void> {
  report(`${availableParallelism()} cores; load of the machine before: ${await loadAverage()}`);
  const measured: Measurement[] = [];
  await inBenchHome(report, async (home) => {
    for await (const measurement of (BENCHES[name] as Bench).run({ rounds, rows, quick, ...home, report })) {
      measured.push(measurement);
      if (json) console.log(JSON.stringify(measurement));
    }
  });
  if (!json) console.log(tableOf(measured));
}

function tableOf(measured: readonly Measurement[]): string {
  const shown = (value: number | null) => (value === null ? '' : value.toLocaleString('en', { maximumSignificantDigits: 4 }));
  const rows = [
    ['metric', 'value', 'unit', 'baseline', 'ratio', 'spread'],
    ...measured.map((one) => [
      one.metric,
      shown(one.value),
      one.unit,
      shown(one.baseline),
      shown(one.ratio),
      `${(one.spread * 100).toFixed(1)} %`,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 || column === 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** Over 1, 5 and 15 minutes; other work on the machine makes every figure worse. */
async function loadAverage(): Promise<string> {
  return readFile('/proc/loadavg', 'utf8').then(
    (text) => text.split(' ').slice(0, 3).join(' '),
    () => 'unknown',
  );
}
