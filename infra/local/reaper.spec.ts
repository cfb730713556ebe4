import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

let reaper: ChildProcess;
let child: ChildProcess;
beforeEach(async () => {
  reaper = spawn(process.execPath, [fileURLToPath(new URL('./reaper.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  child = spawn(process.execPath, ['-e', CHILD], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.all([once(child.stdout!, 'data'), once(reaper.stdout!, 'data')]);
});
afterEach(() => {
  child.kill('SIGKILL');
  reaper.kill('SIGKILL');
});

const CHILD = `process.on('SIGTERM', () => process.exit(7)); console.log('listening'); setInterval(() => {}, 1e6);`;

it('ends what it watches when the pipe closes, with the signal it was told', async () => {
  reaper.stdin!.end(`watch ${child.pid} SIGTERM\n`);
  expect(await once(child, 'exit')).toEqual([7, null]);
  expect(await once(reaper, 'exit')).toEqual([0, null]);
});

it('lets go of what has ended by itself', async () => {
  reaper.stdin!.end(`watch ${child.pid} SIGTERM\nforget ${child.pid}\n`);
  expect(await once(reaper, 'exit')).toEqual([0, null]);
  expect(child.exitCode).toBe(null);
});

it('does not end by a signal', async () => {
  reaper.stdin!.write(`watch ${child.pid} SIGKILL\n`);
  reaper.kill('SIGTERM');
  reaper.kill('SIGINT');
  reaper.stdin!.end();
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(await once(reaper, 'exit')).toEqual([0, null]);
});
