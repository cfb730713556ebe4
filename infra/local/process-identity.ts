import { readFileSync } from 'node:fs';

/** A process as it can be found again: pids are used again, a pid with its start time is not (until the machine restarts). */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot on Linux; '' where the system does not tell. */
  startedAt: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startOf(pid) };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === startedAt;
}

function startOf(pid: number): string {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    // A zombie waits only for its parent to look: it holds nothing any more.
    return afterName[0] === 'Z' ? 'dead' : (afterName[19] ?? '');
  } catch {
    return '';
  }
}
