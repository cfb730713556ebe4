import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identityOf, isAlive } from '#infra/local/process-identity';
import { type ProcessSpec, Supervisor } from '#infra/local/supervisor';

let folder: string;
let reports: string[];
let supervisor: Supervisor;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervisor-'));
  reports = [];
  supervisor = new Supervisor({ logFolder: folder, report: (line) => reports.push(line) });
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true });
});

const SERVES = 'process.send({ ready: true }); setInterval(() => {}, 1e6);';

function aSpec(instance: string, script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name: instance,
    instance,
    command: process.execPath,
    args: ['-e', script],
    env: {},
    ready: 'message',
    stopSignal: 'SIGTERM',
    reapSignal: 'SIGKILL',
    echoErrors: true,
    ...more,
  };
}

it('knows the pids of all processes by name', async () => {
  await supervisor.start(aSpec('api', SERVES));
  await supervisor.start(aSpec('scheduler-1', SERVES, { name: 'scheduler' }));
  await supervisor.start(aSpec('scheduler-2', SERVES, { name: 'scheduler' }));
  expect(supervisor.pids()).toEqual({ api: [expect.any(Number)], scheduler: [expect.any(Number), expect.any(Number)] });
});

it('starts a dead process again', async () => {
  await supervisor.start(aSpec('api', SERVES));
  const [before] = supervisor.pidsOf('api');
  const restarted = once(supervisor, 'change');
  process.kill(before!, 'SIGKILL');
  await restarted;
  expect(supervisor.pidsOf('api')).toEqual([expect.any(Number)]);
  expect(supervisor.pidsOf('api')).not.toEqual([before]);
  expect(reports).toEqual(['api ended by SIGKILL; starting it again in 100 ms']);
});

it('ends what a dead process left in its group', async () => {
  const grandchild = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    console.log(child.pid); ${SERVES}`;
  await supervisor.start(aSpec('agent', grandchild));
  const left = identityOf(Number(readFileSync(join(folder, 'agent.log'), 'utf8')));
  const restarted = once(supervisor, 'change');
  process.kill(supervisor.pidsOf('agent')[0]!, 'SIGKILL');
  await restarted;
  expect(isAlive(left)).toBe(false);
});

it('tells the end of the log when a process does not come up', async () => {
  const start = supervisor.start(aSpec('api', 'console.error("Error: port taken"); process.exitCode = 3'));
  await expect(start).rejects.toThrow('api ended with code 3\nThe end of its log:\nError: port taken');
  expect(reports).toEqual(['api: Error: port taken']);
});

it('says so when the program does not exist', async () => {
  await expect(supervisor.start(aSpec('redis', '', { command: join(folder, 'nothing') }))).rejects.toThrow('redis ended before it began');
});

it('asks a probe when a process cannot tell by itself', async () => {
  let asked = 0;
  const probe = async () => {
    if (++asked < 3) throw new Error('not yet');
  };
  await supervisor.start(aSpec('redis', 'setInterval(() => {}, 1e6)', { ready: probe }));
  expect(asked).toBe(3);
});

it('forgets a dismissed process, so that another may have its name', async () => {
  await supervisor.start(aSpec('api', SERVES));
  const [before] = supervisor.pidsOf('api');
  await supervisor.dismiss('api');
  expect(supervisor.pids()).toEqual({});
  await supervisor.start(aSpec('api', SERVES));
  expect(supervisor.pidsOf('api')).toEqual([expect.any(Number)]);
  expect(supervisor.pidsOf('api')).not.toEqual([before]);
});

it('leaves a halted process alone until it is wanted again', async () => {
  await supervisor.start(aSpec('redis', SERVES));
  await supervisor.halt('redis');
  expect(supervisor.pidsOf('redis')).toEqual([]);
  await supervisor.resume('redis');
  expect(supervisor.pidsOf('redis')).toHaveLength(1);
  expect(reports).toEqual([]);
});

it('ends the last started first, with a word before', async () => {
  const tells = (name: string) =>
    `process.on('SIGTERM', () => { require('node:fs').appendFileSync('${join(folder, 'ends')}', '${name} '); process.exit() }); ${SERVES}`;
  await supervisor.start(aSpec('postgres', tells('postgres')));
  await supervisor.start(aSpec('api', tells('api')));
  await supervisor.start(aSpec('agent', tells('agent')));
  await supervisor.stop();
  expect(readFileSync(join(folder, 'ends'), 'utf8')).toBe('agent api postgres ');
  await expect(supervisor.start(aSpec('late', SERVES))).rejects.toThrow('everything is being ended');
});
