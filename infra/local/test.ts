import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removePostgresData } from '#infra/local/servers/postgres';
import { type ServerAddresses, startServers } from '#infra/local/servers/start-servers';
import { Supervisor } from '#infra/local/supervisor';
import { installTestPrograms } from '#infra/local/test-programs';
import { type TestReport, testTotals } from '#infra/local/test-totals';
import { whenAskedToEnd } from '#infra/local/when-asked-to-end';

const askedToEnd = whenAskedToEnd();
const report = (line: string) => console.log(line);

try {
  process.exitCode = await runTests(process.argv.slice(2));
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
process.exit();

/** Servers once for the whole run, in a home that is thrown away; vitest tells the tests where they are by its environment. */
async function runTests(args: string[]): Promise<number> {
  const homeDir = await mkdtemp(join(tmpdir(), 'halogen-test-'));
  const supervisor = new Supervisor({ logFolder: join(homeDir, 'logs'), report });
  try {
    await installTestPrograms(report);
    report('starting Postgres, Redis and Temporal for the tests');
    const servers = await startServers({ homeDir, supervisor, report, isThrowaway: true });
    const results = join(homeDir, 'results.json');
    const exitCode = await vitest([...args, '--reporter=default', '--reporter=json', `--outputFile.json=${results}`], servers);
    const { passed, failed } = testTotals(await readReport(results), exitCode);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await supervisor.stop();
    await removePostgresData(homeDir);
    await rm(homeDir, { recursive: true, force: true });
  }
}

async function vitest(args: string[], servers: ServerAddresses): Promise<number> {
  const program = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const child = spawn(process.execPath, [program, 'run', ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      HALOGEN_TEST_DATABASE_URL: servers.databaseUrl,
      HALOGEN_TEST_REDIS_URL: servers.redisUrl,
      HALOGEN_TEST_TEMPORAL_ADDRESS: servers.temporalAddress,
    },
  });
  void askedToEnd.then(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Undefined when vitest did not come as far as writing one. */
async function readReport(path: string): Promise<TestReport | undefined> {
  return readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as TestReport,
    () => undefined,
  );
}
