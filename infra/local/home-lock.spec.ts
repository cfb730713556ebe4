import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHome } from '#infra/local/home-lock';
import { identityOf } from '#infra/local/process-identity';

let homeDir: string;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'home-lock-'));
});
afterEach(() => rmSync(homeDir, { recursive: true }));

const quiet = () => {};

it('belongs to one at a time', async () => {
  const lock = await lockHome(homeDir, quiet);
  await expect(lockHome(homeDir, quiet)).rejects.toThrow(`already running in ${homeDir} (process ${process.pid})`);
  lock.release();
  const next = await lockHome(homeDir, quiet);
  next.release();
  expect(existsSync(join(homeDir, 'lock'))).toBe(false);
});

it('counts for nothing when its owner is dead', async () => {
  const owner = await deadProcess();
  writeFileSync(join(homeDir, 'lock'), JSON.stringify({ owner }));
  (await lockHome(homeDir, quiet)).release();
});

it('counts for nothing when its pid now belongs to another process', async () => {
  writeFileSync(join(homeDir, 'lock'), JSON.stringify({ owner: { pid: process.pid, startedAt: '1' } }));
  (await lockHome(homeDir, quiet)).release();
});

it('waits until the reaper of a killed owner is done', async () => {
  const reaper = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(reaper, 'spawn');
  writeFileSync(join(homeDir, 'lock'), JSON.stringify({ owner: await deadProcess(), reaper: identityOf(reaper.pid!) }));
  const waits = Promise.withResolvers<string>();
  const locked = lockHome(homeDir, waits.resolve);
  expect(await waits.promise).toContain('waiting for an earlier run to end');
  reaper.stdin.end();
  (await locked).release();
  expect(reaper.exitCode ?? 0).toBe(0);
});

it('waits for an owner that is ending', async () => {
  const owner = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(owner, 'spawn');
  writeFileSync(join(homeDir, 'lock'), JSON.stringify({ owner: identityOf(owner.pid!), isEnding: true }));
  const waits = Promise.withResolvers<string>();
  const locked = lockHome(homeDir, waits.resolve);
  await waits.promise;
  owner.stdin.end();
  (await locked).release();
});

async function deadProcess() {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'spawn');
  const identity = identityOf(child.pid!);
  await once(child, 'exit');
  return identity;
}
