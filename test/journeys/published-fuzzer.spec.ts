import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyName } from '#infra/local/secrets';
import { JourneyPlatform } from '#test/journeys/journey-platform';
import { pythonWith } from '#testing/python-venv';

const SEED = 7;
/** The same examples at every run: a failure here fails again. */
const REQUIREMENTS = ['schemathesis==4.32.5', 'hypothesis==6.170.15'];
/** It shares the machine with other journeys: alone the longest run takes three minutes. */
const RUN_TIMEOUT_MS = 900_000;
const MAX_OUTPUT_BYTES = 50_000_000;

let journey: JourneyPlatform;
let python: string;
let workDir: string;

beforeAll(async () => {
  python = await pythonWith(REQUIREMENTS);
  workDir = await mkdtemp(join(tmpdir(), 'halogen-fuzz-'));
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant' });
});
afterAll(async () => {
  await journey.stop();
  await rm(workDir, { recursive: true, force: true });
});

it(
  'keeps its contract with two tenants, and shows neither what is the other’s',
  () => expectNothingFound({ identity: 'peers = ["demo", "other"]', examples: 3, phases: 'coverage,fuzzing' }),
  RUN_TIMEOUT_MS,
);

it(
  'keeps its contract along chains of requests, each with what the one before answered',
  () => expectNothingFound({ identity: 'peers = ["demo", "other"]', examples: 150, phases: 'stateful' }),
  RUN_TIMEOUT_MS,
);

it(
  'keeps its contract with the platform’s staff',
  () =>
    expectNothingFound({
      identity: 'user = "operator"',
      examples: 5,
      phases: 'coverage,fuzzing',
      paths: '/api/v1/(operations|capacity/cuts|plan|ledger|tenants)',
    }),
  RUN_TIMEOUT_MS,
);

interface Run {
  identity: string;
  /** Generated for each operation and phase. */
  examples: number;
  phases: string;
  paths?: string;
}

/** Lets Schemathesis read the OpenAPI document and try everything in it. Fails with what it has found, with the requests to see it again. */
async function expectNothingFound({ identity, examples, phases, paths }: Run): Promise<void> {
  await writeFile(join(workDir, 'schemathesis.toml'), configurationWith(identity));
  await writeFile(join(workDir, 'keys.json'), JSON.stringify({ auth: (['demo', 'other', 'operator'] as const).map(keyOf) }));
  const given = [`${journey.platform.run.api}/openapi.json`, '--phases', phases, '--max-examples', String(examples), '--no-color'];
  const args = ['-m', 'schemathesis.cli', 'run', ...given, ...(paths ? ['--include-path-regex', paths] : [])];
  const { stdout, code } = await promisify(execFile)(python, args, { cwd: workDir, maxBuffer: MAX_OUTPUT_BYTES }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message, code: 1 }),
  );
  console.log(stdout.slice(stdout.indexOf('=== SUMMARY')));
  expect(code, stdout).toBe(0);
}

function keyOf(name: KeyName) {
  return { name, fixedHeaders: [{ name: 'Authorization', value: `Bearer ${journey.platform.run.keys[name]}` }] };
}

/** Not asked: whether every body that fits its schema is granted (prices and states say no too), and whether every other is refused (older spellings are taken). */
function configurationWith(identity: string): string {
  return `
seed = ${SEED}
workers = 1
continue-on-failure = true
max-stream-events = 1
request-timeout = 10
[generation]
no-shrink = true
[auth.wfc]
path = "keys.json"
${identity}
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false
missing_required_header.enabled = false
[[operations]]
include-operation-id = ["revokeKey", "rotateKey"] # the keys of the run itself would be among them
enabled = false
`;
}
