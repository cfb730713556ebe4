/**
 * Outlives the process that started it. It reads lines from a pipe whose other end only that process holds:
 *   watch PID SIGNAL   a process group to end when the pipe closes, with the signal it should get first
 *   forget PID         it has ended by itself
 * When the pipe closes, however that came about, every watched group is ended. Imports nothing of ours: it must start at once and never fail.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const GRACE_MS = 5_000;
const LOOK_EVERY_MS = 20;

const watched = new Map<number, NodeJS.Signals>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin }).on('line', note).on('close', endAll);
console.log('watching');

function note(line: string): void {
  const [verb, pid, signal] = line.split(' ');
  if (verb === 'watch') watched.set(Number(pid), signal as NodeJS.Signals);
  if (verb === 'forget') watched.delete(Number(pid));
}

/** Last started, first ended. Exits when all are gone, at the latest after the grace. */
function endAll(): void {
  for (const [pid, signal] of [...watched].reverse()) send(pid, signal);
  const killAt = Date.now() + GRACE_MS;
  setInterval(() => {
    for (const [pid] of watched) {
      if (isRunning(pid) && Date.now() < killAt) continue;
      send(pid, 'SIGKILL'); // also reaches what the ended leader of a group left behind
      watched.delete(pid);
    }
    if (watched.size === 0) process.exit(0);
  }, LOOK_EVERY_MS);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/** A zombie counts as gone: nobody may be left to look at it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open'; // no /proc on this system, but the signal went through
  }
}
