import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#infra/local/free-port';
import type { RunJson } from '#infra/local/run-file';
import { removePostgresData } from '#infra/local/servers/postgres';
import { until } from '#test/journeys/journey-platform';

let homeDir: string;
let port: number;
let text: string;

beforeAll(async () => {
  homeDir = await mkdtemp(path.join(tmpdir(), 'halogen-start-'));
  port = await freePort();
});
afterAll(async () => {
  await removePostgresData(homeDir);
  await rm(homeDir, { recursive: true, force: true });
});

it('makes a first generation, prints what became of it, and exits 0', async () => {
  const start = command('--once');
  const [code] = await once(start, 'exit');
  expect([code, text]).toEqual([0, expect.stringContaining('POST /dream-machine/v1/generations')]);
  expect(text).toMatch(/960×540, 5\.00 s, [\d,]+ bytes/);
  for (const line of ['reserve', 'settle', 'RunWorkflow:generate', 'stage render']) expect(text).toContain(line);
});

it('keeps its data over a restart, and tells where everything is in run.json', async () => {
  const start = command();
  const run = await runFile();
  expect((await stat(path.join(homeDir, 'run.json'))).mode & 0o777).toBe(0o600);
  expect(run).toMatchObject({
    api: `http://127.0.0.1:${port}`,
    temporal: expect.any(String),
    postgres: expect.any(String),
    redis: expect.any(String),
  });
  expect(Object.keys(run.keys)).toEqual(expect.arrayContaining(['demo', 'limited', 'other', 'revoked', 'broke', 'operator']));
  const { generations } = await generationsOf(run);
  expect(generations.at(-1)).toMatchObject({ state: 'completed', generation_type: 'video' });
  const temporal = await Connection.connect({ address: run.temporal });
  const runOfIt = await new Client({ connection: temporal }).workflow.getHandle(`${generations.at(-1)?.id}/1`).describe();
  expect(runOfIt.status.name).toBe('COMPLETED');
  await temporal.close();

  start.kill('SIGINT');
  await once(start, 'exit');
  await expectGone(run);
});

it('leaves no child behind when it is killed', async () => {
  const start = command();
  const run = await runFile();
  process.kill(run.pids.parent?.[0] as number, 'SIGKILL');
  await once(start, 'exit');
  await expectGone(run);
});

it.each([
  [['--no-such-flag'], '--no-such-flag'],
  [['--port', 'many'], '--port'],
])('refuses %j in plain words', async (args, named) => {
  const start = command(...args);
  const [code] = await once(start, 'exit');
  expect(code).not.toBe(0);
  expect(text).toContain(named);
});

/** `npm start -- …` of this checkout. */
function command(...args: string[]): ChildProcess {
  const all = ['start', '--', '--home', homeDir, '--port', String(port), ...args];
  const child = spawn('npm', all, { stdio: ['ignore', 'pipe', 'pipe'] });
  text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return child;
}

async function runFile(): Promise<RunJson> {
  return until(async () => JSON.parse(await readFile(path.join(homeDir, 'run.json'), 'utf8')) as RunJson);
}

async function generationsOf(run: RunJson): Promise<{ generations: { id: string }[] }> {
  const response = await fetch(`${run.api}/dream-machine/v1/generations`, { headers: { authorization: `Bearer ${run.keys.demo}` } });
  return (await response.json()) as { generations: { id: string }[] };
}

async function expectGone(run: RunJson): Promise<void> {
  await until(async () => (Object.values(run.pids).flat().some(isAlive) ? undefined : true));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
