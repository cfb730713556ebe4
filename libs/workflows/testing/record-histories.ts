/**
 * Records one real run of each scenario named on the command line, or of all, into `libs/workflows/histories`. Run it from the repository
 * for new scenarios; record an old one again only when runs under way need not survive the change.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installTemporalRuntime } from '#platform/temporal/runtime';
import { ScenarioRunner } from '#workflows/testing/run-scenario';
import { SCENARIOS, type Scenario } from '#workflows/testing/scenarios';
import { testTemporalAddress } from '#workflows/testing/test-temporal';

const FOLDER = join(process.cwd(), 'libs/workflows/histories');
installTemporalRuntime();
await mkdir(FOLDER, { recursive: true });
const runner = await ScenarioRunner.connect(testTemporalAddress());
const wanted = process.argv.slice(2);
for (const [name, scenario] of Object.entries<Scenario>(SCENARIOS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { outcome, history } = await runner.run(scenario);
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(history, withoutPlace, 2)}\n`);
  console.log(`${name}: ${outcome}`);
}
await runner.close();

/** Where a run happened is no part of what is replayed. */
function withoutPlace(key: string, value: unknown): unknown {
  return key === 'identity' || key === 'stackTrace' ? 'left out' : value;
}
